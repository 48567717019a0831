# gproc: one static binary. `make help` lists what can be made.
ARCH ?= $(shell uname -m)
NATIVE := $(shell uname -m)
PREFIX ?= /usr/local
VERSION := 0.1.0
SECONDS ?= 60

PLAIN_CFLAGS := -std=c11 -D_GNU_SOURCE -DGPROC_VERSION='"$(VERSION)"' -I.
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow
# Small first: what takes time is done in libsodium, zlib and the kernel. The binary is static and has no place to choose: PIC, the default of
# many distributions, only costs (8 KB).
CFLAGS ?= $(SMALL) -fno-pie -fno-asynchronous-unwind-tables
OUT := build/$(ARCH)

# Debian's musl-gcc sees only musl's headers; the few others it needs are linked into a folder of their own.
ifeq ($(origin CC),default)
ifeq ($(ARCH),$(NATIVE))
CC := $(if $(shell command -v musl-gcc),musl-gcc,cc)
else
CC := $(ARCH)-linux-gnu-gcc -specs=/usr/lib/$(ARCH)-linux-musl/musl-gcc.specs
endif
endif
# -Oz, where the compiler knows it, takes 5 KB less than -Os.
SMALL := $(shell $(CC) -Oz -E -x c /dev/null >/dev/null 2>&1 && echo -Oz || echo -Os)
STRIP ?= $(if $(filter $(ARCH),$(NATIVE)),strip,$(ARCH)-linux-gnu-strip)
IS_MUSL_GCC := $(findstring musl-gcc,$(CC))
DEBIAN_LIB := /usr/lib/$(ARCH)-linux-gnu
HEADERS := $(if $(IS_MUSL_GCC),$(OUT)/include)
ALL_CFLAGS = $(PLAIN_CFLAGS) $(WARNINGS) $(CFLAGS) -ffunction-sections -fdata-sections $(if $(HEADERS),-isystem $(HEADERS))
LIBS := $(if $(IS_MUSL_GCC),$(DEBIAN_LIB)/libsodium.a $(DEBIAN_LIB)/libbearssl.a $(DEBIAN_LIB)/libz.a,-lsodium -lbearssl -lz)

# Only musl needs no unwind tables: glibc ends its threads by them. What could be made read-only after the start, 600 bytes, costs a page of padding.
ifneq ($(findstring musl,$(CC)),)
SLIM := -Wl,-z,noseparate-code -Wl,-z,norelro -Wl,--sort-section=alignment -Wl,-T,base/slim.ld
endif

WINGS := base ship link run node client init
SOURCES := $(wildcard *.c $(WINGS:%=%/*.c))
OBJECTS := $(SOURCES:%.c=$(OUT)/%.o)
BINARY := $(if $(filter $(ARCH),$(NATIVE)),gproc,gproc-$(ARCH))

all: $(BINARY)

$(BINARY): $(OBJECTS) base/slim.ld
	$(CC) -static -Wl,--gc-sections $(SLIM) $(LDFLAGS) -o $(OUT)/$(@F).full $(OBJECTS) $(LIBS)
	$(STRIP) -o $@ $(OUT)/$(@F).full

objects: $(OBJECTS)

$(OUT)/%.o: %.c Makefile | $(HEADERS)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Some headers lie in the machine's own folder, some in the common one, which of them depends on the release.
$(OUT)/include:
	mkdir -p $@
	for header in bearssl bearssl.h sodium sodium.h zlib.h zconf.h linux asm asm-generic; do \
		for dir in /usr/include /usr/include/$(ARCH)-linux-gnu; do \
			test ! -e $$dir/$$header || ln -sfn $$dir/$$header $@/; \
		done; \
	done

-include $(OBJECTS:.o=.d)

# ---- tests: a test links the objects that its includes reach, built under ASan and UBSan ----
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
TEST_CC := gcc
TEST_CFLAGS := $(PLAIN_CFLAGS) $(WARNINGS) -g -O1 -fno-omit-frame-pointer -I tests
UNIT := $(patsubst tests/unit/%.c,build/unit/%,$(wildcard tests/unit/*.c))
FUZZ := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/*.c))

build/san/%.o: %.c
	@mkdir -p $(@D)
	$(TEST_CC) $(TEST_CFLAGS) $(SANITIZE) -MMD -MP -c -o $@ $<
build/fuzzobj/%.o: %.c
	@mkdir -p $(@D)
	clang $(TEST_CFLAGS) -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -MMD -MP -c -o $@ $<
-include $(wildcard $(foreach dir,. $(WINGS),build/san/$(dir)/*.d build/fuzzobj/$(dir)/*.d))

.SECONDEXPANSION:
build/unit/%: tests/unit/%.c tests/unit/tap.h $$(addprefix build/san/,$$(addsuffix .o,$$(shell tests/closure tests/unit/$$*.c)))
	@mkdir -p build/unit
	$(TEST_CC) $(TEST_CFLAGS) $(SANITIZE) -o $@ $(filter %.c %.o,$^) -lsodium -lbearssl -lz
# What a target replaces of the modules it links.
COMMA := ,
WRAP_daemon := trial_start attempt_end placing_start now_ms loop_bury loop_timer loop_cancel loop_watch loop_want loop_unwatch loop_each_turn loop_end warn init_request net_dial \
	net_listen net_resolve getrandom link_send worker_start worker_error worker_needs worker_tidy proc_output proc_close_output proc_take_input worker_reader proc_control proc_next \
	proc_signal proc_kill proc_press proc_free
WRAP_groups := stat read_guarded
build/fuzz/daemon: node/node.c
build/fuzz/%: tests/fuzz/%.c $$(addprefix build/fuzzobj/,$$(addsuffix .o,$$(shell tests/closure tests/fuzz/$$*.c)))
	@mkdir -p build/fuzz
	clang $(TEST_CFLAGS) -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all $(WRAP_$*:%=-Wl$(COMMA)--wrap=%) -o $@ $(filter tests/% %.o,$^) -lsodium -lbearssl -lz

# What tests talk to a daemon with, where gproc itself would be too honest.
TOOLS := build/tools/impostor build/tools/thief build/tools/clinger build/tools/heir build/tools/hostile build/tools/sham build/tools/liar build/tools/tracer build/tools/clock build/tools/denied build/tools/swarm build/tools/asker build/tools/scribbler
build/tools/%: tests/tools/%.c $$(addprefix build/san/,$$(addsuffix .o,$$(shell tests/closure tests/tools/$$*.c)))
	@mkdir -p build/tools
	$(TEST_CC) $(TEST_CFLAGS) $(SANITIZE) -o $@ $(filter %.c %.o,$^) -lsodium -lbearssl -lz

.SECONDARY:

# In a make of their own, for until the packages are there it is unknown which compiler there is.
check: deps-check
	$(MAKE) tested
	tests/run

# The other machine's binary is for the tests that boot or emulate it.
CROSS := $(if $(filter x86_64,$(NATIVE)),aarch64)
tested: all $(if $(CROSS),cross) $(UNIT) $(FUZZ) $(TOOLS)

cross:
	$(MAKE) ARCH=$(CROSS)

fuzz: $(FUZZ)
	tests/fuzzers $(SECONDS) $(FUZZ)

# One after the other, for each wants the machine for itself, and the longest takes two hours.
soak: all
	SOAK=1 JOBS=1 LIMIT=$${LIMIT:-9000} tests/run $$(grep -l SOAK tests/t/*.t)

bench: all build/bench/floor build/bench/flood build/bench/cost build/bench/word
	tests/bench/run $(ROWS)

# The clusters that nobody has, simulated from the figures in doc/performance.md: the tables in it that are made so, and their picture.
model: build/bench/model
	tests/model/write doc

build/bench/model: tests/model/model.c
	@mkdir -p build/bench
	$(TEST_CC) $(PLAIN_CFLAGS) $(WARNINGS) -O2 -o $@ $< -lm
build/bench/%: tests/bench/%.c
	@mkdir -p build/bench
	$(TEST_CC) $(PLAIN_CFLAGS) $(WARNINGS) -O2 -o $@ $<
build/bench/word: tests/bench/word.c
	@mkdir -p build/bench
	$(CC) $(PLAIN_CFLAGS) -static -Os -o $@ $<

demo: deps-build
	$(MAKE) all
	contrib/demo ./gproc

# ---- what the source is held to beyond the compiler's warnings ----
lint: deps-lint
	clang-tidy --quiet --warnings-as-errors='*' $(SOURCES) -- $(PLAIN_CFLAGS) $(WARNINGS)
	cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability --inline-suppr \
		-D_GNU_SOURCE -DGPROC_VERSION='""' -I. $(SOURCES)

# ---- packages: `make deps` is all that builds and tests, `make deps ARCH=aarch64` what cross-builds ----
deps: $(if $(filter $(ARCH),$(NATIVE)),deps-build deps-test,deps-$(ARCH))
deps-check: deps-build deps-test $(if $(CROSS),deps-$(CROSS))
deps-build deps-test deps-lint deps-aarch64:
	@contrib/deps $(@:deps-%=%)

install: $(BINARY)
	install -D -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/gproc
	install -D -m 644 gproc.1 $(DESTDIR)$(PREFIX)/share/man/man1/gproc.1
	for unit in master slave; do \
		sed 's|/usr/local/bin/|$(PREFIX)/bin/|' contrib/systemd/gproc-$$unit.service | \
			install -D -m 644 /dev/stdin $(DESTDIR)$(PREFIX)/lib/systemd/system/gproc-$$unit.service || exit 1; \
	done
	install -D -m 644 contrib/completions/gproc.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/gproc
	install -D -m 644 contrib/completions/_gproc $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_gproc
	install -D -m 755 contrib/initramfs-tools/hooks/gproc $(DESTDIR)$(PREFIX)/share/initramfs-tools/hooks/gproc
	install -D -m 644 contrib/initramfs-tools/scripts/gproc $(DESTDIR)$(PREFIX)/share/initramfs-tools/scripts/gproc
	for file in contrib/dracut/95gproc/*; do \
		install -D -m 755 $$file $(DESTDIR)$(PREFIX)/lib/dracut/modules.d/95gproc/$${file##*/} || exit 1; \
	done
	install -D -m 644 contrib/mkinitcpio/hooks/gproc $(DESTDIR)$(PREFIX)/lib/initcpio/hooks/gproc
	install -D -m 644 contrib/mkinitcpio/install/gproc $(DESTDIR)$(PREFIX)/lib/initcpio/install/gproc

help:
	@echo 'make                    build ./gproc, static and stripped (CC=gcc: with glibc; ARCH=aarch64: ./gproc-aarch64)'
	@echo 'make deps               install the packages that building and testing want (ARCH=aarch64: cross-building)'
	@echo 'make install            into DESTDIR and PREFIX (/usr/local; /usr is where initramfs-tools, dracut and mkinitcpio look)'
	@echo 'make demo               as root: install what is missing, build, run date on a tree of 64 nodes, leave nothing'
	@echo 'make check              as root: install what is missing, build, run every test'
	@echo 'make fuzz SECONDS=60    run each fuzz target so long'
	@echo 'make soak, lint         the long tests; clang-tidy and cppcheck'
	@echo 'make model              the simulated clusters of doc/performance.md, from the figures that stand there'
	@echo 'make bench ROWS=wire    as root: the figures of doc/performance.md beside their floor; without ROWS all of them; also to build/bench.csv'

clean:
	rm -rf build gproc gproc-aarch64

.PHONY: all objects check tested cross fuzz soak bench model demo lint deps deps-check deps-build deps-test deps-lint deps-aarch64 install help clean
