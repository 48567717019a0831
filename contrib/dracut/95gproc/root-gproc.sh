#!/bin/sh
# dracut: root=gproc is a root that needs no mounting.
[ "$root" != gproc ] || rootok=1
