#!/bin/sh
# make install puts the binary, the man page, units, hooks and completions where DESTDIR and PREFIX say; the binary is small, static and
# stripped.
. tests/lib.sh

ok "make install" make -s install DESTDIR="$T/dest" PREFIX=/opt/gproc
is "what is installed" "$(cd "$T/dest" && find . -type f | sort | tr '\n' ' ')" \
	"$(for file in bin/gproc lib/dracut/modules.d/95gproc/become-gproc.sh lib/dracut/modules.d/95gproc/module-setup.sh \
		lib/dracut/modules.d/95gproc/root-gproc.sh lib/initcpio/hooks/gproc lib/initcpio/install/gproc \
		lib/systemd/system/gproc-master.service lib/systemd/system/gproc-slave.service \
		share/bash-completion/completions/gproc share/initramfs-tools/hooks/gproc share/initramfs-tools/scripts/gproc \
		share/man/man1/gproc.1 share/zsh/site-functions/_gproc; do printf '%s ' "./opt/gproc/$file"; done)"
for unit in master slave; do
	like "the $unit's unit names the binary that was installed" "$(cat "$T/dest/opt/gproc/lib/systemd/system/gproc-$unit.service")" \
		'^ExecStart=/opt/gproc/bin/gproc '
done
# complete WORD...: what bash would offer for the last word.
complete() {
	PATH=$T/dest/opt/gproc/bin:$PATH bash -c '
		. "$0"
		COMP_WORDS=(gproc "$@") COMP_CWORD=$# COMP_LINE="gproc $*" COMP_POINT=${#COMP_LINE}
		_gproc_complete gproc
		printf "%s\n" "${COMPREPLY[@]}"' "$T/dest/opt/gproc/share/bash-completion/completions/gproc" "$@" | sort | tr '\n' ' '
}
like "bash completes modes" "$(complete reb)" '^reboot $'
like "and switches" "$(complete -bin)" '^-binRoot= $'
like "those of a mode" "$(complete e -)" '-glob= .*-x= '
unlike "and no others" "$(complete e -)" '-cmdport'
ok "it runs" "$T/dest/opt/gproc/bin/gproc" version
binary=$T/dest/opt/gproc/bin/gproc
unlike "it names no interpreter" "$(readelf -lW "$binary")" INTERP
is "it is stripped" "$(readelf -SW "$binary" | grep -c symtab)" 0
size=$(stat -c %s "$binary")
ok "it has $size bytes, at most 600 KiB" test "$size" -le $((600 * 1024)) # libsodium, zlib and musl are 340 of them
unlike "its stack is not executable" "$(readelf -lW "$binary" | grep GNU_STACK)" ' RWE '
unlike "it holds no path of the machine it was built on" "$(strings "$binary")" "$REPO"
done_testing
