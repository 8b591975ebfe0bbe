"""Physics that reacts: what actuators do to what sensors sense.

``model`` says what a model is, each further module is one kind of it, ``registry`` lists the kinds,
``plan`` says which models a board has and what they are connected to, and ``connections`` connects
them to its parts. Nothing here is imported by a board without a world file.
"""
