#!/bin/sh
# Every file includes only what its row in doc/architecture.md allows.
. tests/lib.sh

run tests/layers
is "no include crosses the layers" "$out$err" ""
done_testing
