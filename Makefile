# gproc: one static binary. `make help` lists what can be made.
ARCH ?= $(shell uname -m)
NATIVE := $(shell uname -m)
PREFIX ?= /usr/local
VERSION := 0.1.0
SECONDS ?= 60

PLAIN_CFLAGS := -std=c11 -D_GNU_SOURCE -DGPROC_VERSION='"$(VERSION)"' -I.
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow
CFLAGS ?= -O2
OUT := build/$(ARCH)

# Debian's musl-gcc sees only musl's headers; the few others it needs are linked into a folder of their own.
ifeq ($(origin CC),default)
ifeq ($(ARCH),$(NATIVE))
CC := $(if $(shell command -v musl-gcc),musl-gcc,cc)
else
CC := $(ARCH)-linux-gnu-gcc -specs=/usr/lib/$(ARCH)-linux-musl/musl-gcc.specs
endif
endif
STRIP ?= $(if $(filter $(ARCH),$(NATIVE)),strip,$(ARCH)-linux-gnu-strip)
IS_MUSL_GCC := $(findstring musl-gcc,$(CC))
DEBIAN_LIB := /usr/lib/$(ARCH)-linux-gnu
HEADERS := $(if $(IS_MUSL_GCC),$(OUT)/include)
ALL_CFLAGS = $(PLAIN_CFLAGS) $(WARNINGS) $(CFLAGS) -ffunction-sections -fdata-sections $(if $(HEADERS),-isystem $(HEADERS))
LIBS := $(if $(IS_MUSL_GCC),$(DEBIAN_LIB)/libsodium.a $(DEBIAN_LIB)/libz.a,-lsodium -lz)

SOURCES := $(wildcard *.c)
OBJECTS := $(SOURCES:%.c=$(OUT)/%.o)
BINARY := $(if $(filter $(ARCH),$(NATIVE)),gproc,gproc-$(ARCH))

all: $(BINARY)

$(BINARY): $(OBJECTS)
	$(CC) -static -Wl,--gc-sections $(LDFLAGS) -o $(OUT)/$@.full $(OBJECTS) $(LIBS)
	$(STRIP) -o $@ $(OUT)/$@.full

$(OUT)/%.o: %.c Makefile | $(OUT) $(HEADERS)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(OUT):
	mkdir -p $@

$(OUT)/include:
	mkdir -p $@
	ln -sfn /usr/include/sodium /usr/include/sodium.h /usr/include/zlib.h $@/
	ln -sfn $$(ls /usr/include/zconf.h $$(test -d /usr/include/$(ARCH)-linux-gnu && echo /usr/include/$(ARCH)-linux-gnu/zconf.h) 2>/dev/null | tail -n 1) $@/zconf.h

-include $(OBJECTS:.o=.d)

# ---- tests: a test links the objects that its includes reach, built under ASan and UBSan ----
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
TEST_CC := gcc
TEST_CFLAGS := $(PLAIN_CFLAGS) $(WARNINGS) -g -O1 -fno-omit-frame-pointer -I tests
UNIT := $(patsubst tests/unit/%.c,build/unit/%,$(wildcard tests/unit/*.c))
FUZZ := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/*.c))

build/san/%.o: %.c
	@mkdir -p build/san
	$(TEST_CC) $(TEST_CFLAGS) $(SANITIZE) -MMD -MP -c -o $@ $<
build/fuzzobj/%.o: %.c
	@mkdir -p build/fuzzobj
	clang $(TEST_CFLAGS) -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -MMD -MP -c -o $@ $<
-include $(wildcard build/san/*.d build/fuzzobj/*.d)

.SECONDEXPANSION:
build/unit/%: tests/unit/%.c tests/unit/tap.h $$(addprefix build/san/,$$(addsuffix .o,$$(shell tests/closure tests/unit/$$*.c)))
	@mkdir -p build/unit
	$(TEST_CC) $(TEST_CFLAGS) $(SANITIZE) -o $@ $(filter %.c %.o,$^) -lsodium -lz
build/fuzz/%: tests/fuzz/%.c $$(addprefix build/fuzzobj/,$$(addsuffix .o,$$(shell tests/closure tests/fuzz/$$*.c)))
	@mkdir -p build/fuzz
	clang $(TEST_CFLAGS) -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $@ $(filter %.c %.o,$^) -lsodium -lz

.SECONDARY:

clean:
	rm -rf build gproc gproc-*

.PHONY: all clean
