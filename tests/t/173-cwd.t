#!/bin/sh
# -cwd: the working directory is the nodes' own, with the user's rights. Without it, it is private; what a site presets goes between.
. tests/lib.sh
enter_namespaces "$@"

start_master -users='*'
start_flat 2
start_bare 4 'mkdir work; chmod 777 work'
wait_up 3
mkdir /tmp/wd /tmp/roots
chmod 700 /tmp/roots
chmod 777 /tmp/wd
cd /tmp/wd || exit 1

run "$GPROC" -cwd=. e 0 /bin/sh -c 'pwd; echo $PWD; echo result >result.txt'
is "-cwd=.: the node's directory of the same path" "$status $out$err" "0 /tmp/wd
/tmp/wd"
is "what is written there stays" "$(cat /tmp/wd/result.txt)" result
run "$GPROC" -cwd=/work e 4 /bin/sh -c 'pwd; echo result >result.txt'
is "-cwd=DIR: that one" "$status $out$err" "0 /work"
run "$GPROC" -localbin=false -cwd=/work e 4 /bin/cat result.txt
is "and there too it stays" "$status $out$err" "0 result"
run "$GPROC" -cwd=/nowhere e 0-1 /bin/true
is "one that is not there: could not start, told once" "$status $err" \
	"126 gproc: could not start: 0-1 (2): can't enter the working directory /nowhere: No such file or directory"
run setpriv --reuid=1007 --regid=1007 --clear-groups "$GPROC" -cwd=/tmp/roots e 0 /bin/true
like "with the user's rights" "$status $err" "^126 .*can't enter the working directory /tmp/roots: Permission denied"
run setpriv --reuid=1007 --regid=1007 --clear-groups "$GPROC" -cwd=. e 0 /bin/sh -c 'echo mine >mine; stat -c %u mine'
is "the user's own files" "$status $out$err" "0 1007"
run "$GPROC" -cwd=. -localbin e 0 /bin/pwd
is "with -localbin too" "$status $out$err" "0 /tmp/wd"
run "$GPROC" -cwd=. -f=result.txt e 0 /bin/cat /tmp/xproc/tmp/wd/result.txt
is "-f is the caller's all the same" "$status $out$err" "0 result"
run "$GPROC" -cwd=work e 0 /bin/true
is "a relative one means nothing" "$status $err" "2 gproc: -cwd=work: give an absolute path, or . for this directory's"

run "$GPROC" e 0 /bin/pwd
is "without -cwd it is a private one" "$status $out$err" "0 /tmp/xproc/tmp/wd"
run "$GPROC" -f=result.txt e 0-1,4 /bin/sh -c 'echo b >b; echo a >a; : >empty'
is "what is written there goes, and that is told once" "$status $err" \
	"0 gproc: nodes 0-1,4: 2 files written in the working directory went with the job (a, b); -cwd=. uses the node's own"
run "$GPROC" e 0 /bin/sh -c 'mkdir c; echo deep >c/deep; ln -s /etc/hostname link'
is "only files that lie in it itself" "$status $err" "0 "
run "$GPROC" e 0 /bin/sh -c 'for n in 1 2 3 4 5; do echo $n >f$n; done; exit 3'
is "three names are enough" "$status $(printf '%s\n' "$err" | grep written)" \
	"3 gproc: node 0: 5 files written in the working directory went with the job (f1, f2, f3, ...); -cwd=. uses the node's own"
run "$GPROC" -f=result.txt e 0 /bin/sh -c 'echo more >>result.txt'
like "a file that was sent and then written to counts" "$err" "1 file written in the working directory .*result.txt"
run "$GPROC" -f=result.txt e 0 /bin/cat result.txt
is "one that was not doesn't" "$status $out$err" "0 result"
run sh -c 'cd / && exec "$0" e 0 /bin/sh -c "echo x >x"' "$GPROC"
like "from the root too" "$err" "^gproc: node 0: 1 file written"
mkdir -p /etc/gproc
printf '# the site\ncwd=.\ndefaultMasterUDS=/tmp/h\n' >/etc/gproc/switches
ln -s /tmp/g /tmp/h
run "$GPROC" e 0 /bin/pwd
is "a site may preset it" "$status $out$err" "0 /tmp/wd"
run "$GPROC" -cwd= e 0 /bin/pwd
is "and what is given goes before" "$status $out$err" "0 /tmp/xproc/tmp/wd"
rm /tmp/h
run "$GPROC" i
like "the socket as well" "$status $err" "^255 gproc: no master at /tmp/h: "
echo 'l=true' >/etc/gproc/switches
run "$GPROC" e 0 /bin/pwd
is "no other switch" "$status $err" \
	"2 gproc: /etc/gproc/switches, line 1: -l can't be set here: only cwd, binRoot, defaultMasterUDS, cmdport and key can"
echo 'cwd=.' >/etc/gproc/switches
chmod 664 /etc/gproc/switches
run "$GPROC" version
like "nobody else may write it" "$status $err" "^2 gproc: /etc/gproc/switches must be root's, and nobody else may write it"
chmod 644 /etc/gproc/switches
chown 1007 /etc/gproc/switches
run "$GPROC" version
like "and it is root's" "$status $err" "^2 gproc: /etc/gproc/switches must be root's"
done_testing
