"""The composition: the devices of one file on their buses, as procedures and topics."""
