#!/bin/sh
# First process of the test kernel: makes the folders a program expects, runs $SHARE/run.sh, tells its
# exit code, and turns the machine off. The root is the host's file system, read-only; $SHARE is the
# only folder of the host that can be written to.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
# /tmp stays the host's: the project or its Python may be there.
export HOME=/run/tmp TMPDIR=/run/tmp
mount -t proc proc /proc
mount -t sysfs sys /sys
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mkdir -p "$TMPDIR"
mount -t hostfs -o "$SHARE" none /mnt
mount -t configfs configfs /sys/kernel/config
ip link set lo up 2>/dev/null
sh /mnt/run.sh
echo $? >/mnt/exit-code
echo o >/proc/sysrq-trigger
sleep 9
