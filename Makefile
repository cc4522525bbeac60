# offlineimap: a chain of small tools that keeps IMAP and Maildir in sync.
# GNU make; "make help" lists what there is to make.

CC ?= cc
PKG_CONFIG ?= pkg-config
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share/offlineimap
LIBDIR ?= $(PREFIX)/lib/offlineimap
VERSION := 9.0.0

# SAN=1 is the same build under the address and undefined sanitizers.
ifdef SAN
BUILD := build/san
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
OPT := -O1 -g
export SAN
else ifdef FUZZ
# How the fuzzers are built ("make fuzz"): libFuzzer comes with clang.
BUILD := build/fuzz
CC := clang
SANFLAGS := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
OPT := -O1 -g
else
BUILD := build
OPT := -O2 -g -D_FORTIFY_SOURCE=2
# Nobody waits for the tests' own code but those who compile it.
$(BUILD)/obj/t/%.o: OPT := -O0 -g
endif

# Silent where pkg-config or a library is missing: "make deps" must run there.
pkg = $(shell $(PKG_CONFIG) $(1) 2>/dev/null)
# libmd first: libbsd has deprecated wrappers of the same names.
PKGS := libmd libbsd-overlay lmdb
# Only on Linux, and only linked to the tools that shut themselves in.
SECCOMP := $(if $(filter Linux,$(shell uname -s)),libseccomp)
PKGCFLAGS := $(call pkg,--cflags $(PKGS) openssl zlib sqlite3 $(SECCOMP))
# These are small, and a run starts nine tools: loading them would cost it a tenth of its time.  Where
# the system has archives of them they become part of the tools, unless SHARED=1.
archive = $(if $(SHARED),$(1),$(foreach l,$(1),$(or $(filter /%,$(shell $(CC) -print-file-name=$(l:-l%=lib%.a))),$(l))))
PKGLIBS := $(call archive,$(call pkg,--libs $(PKGS)))
# Only imap-connect talks TLS and compresses; libssl is loaded with the module of lib/tls.
TLSLIBS := $(call pkg,--libs openssl)
ZIPLIBS := $(call archive,$(call pkg,--libs zlib))
# Only to read OfflineIMAP's state, once.
SQLITELIBS := $(call pkg,--libs sqlite3)
SHUTLIBS := $(if $(SECCOMP),$(call archive,$(call pkg,--libs $(SECCOMP))))

WARN := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	-Wwrite-strings -Wformat=2 -Wvla
HARDEN := -fstack-protector-strong -fPIE
CPPFLAGS += -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -Ilib $(PKGCFLAGS)
CFLAGS += -std=c11 $(OPT) $(WARN) $(HARDEN) $(SANFLAGS) $(WERROR)
LDFLAGS += -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(SANFLAGS)
LDLIBS = $(PKGLIBS)

TLSSRC := $(wildcard lib/tls/*.c)
LIBSRC := $(filter-out $(TLSSRC),$(wildcard lib/*/*.c))
OBJ := $(BUILD)/obj
LIBOBJ := $(LIBSRC:%.c=$(OBJ)/%.o)
TLSOBJ := $(TLSSRC:%.c=$(OBJ)/%.o)
TLSMODULE := $(BUILD)/lib/offlineimap/tls.so
BINSRC := $(wildcard bin/*.c)
TOOLS := $(BINSRC:bin/%.c=$(BUILD)/bin/%)
UNITSRC := $(wildcard t/unit/*.c)
UNITS := $(UNITSRC:t/unit/%.c=$(BUILD)/unit/%)
FUZZSRC := $(filter-out t/fuzz/replay.c,$(wildcard t/fuzz/*.c))
# Each as a test of its seeds, and as a fuzzer.
REPLAYS := $(FUZZSRC:t/fuzz/%.c=$(BUILD)/unit/fuzz_%)
FUZZERS := $(FUZZSRC:t/fuzz/%.c=$(BUILD)/fuzz/%)
LIB := $(BUILD)/liboffline.a
MAN := $(wildcard man/*.[157])
SHARE := $(wildcard share/*)
SHIM := build/t/shim.so
SERVED := build/t/served
FAKE := build/t/fake
PROBE := build/t/probe.so
BENCH_TOOLS := build/t/relay build/t/meter

.PHONY: all tools units shim bench-tools deps check check-run soak demo bench fuzz fuzzers lint install uninstall clean help

all: tools

tools: $(TOOLS)

units: $(UNITS) $(REPLAYS)

shim: $(SHIM) $(SERVED) $(FAKE) $(PROBE)

bench-tools: $(BENCH_TOOLS)

ifeq ($(and $(PKGLIBS),$(or $(SHUTLIBS),$(if $(SECCOMP),,none))),)
$(LIBOBJ): needs-deps
.PHONY: needs-deps
needs-deps:
	@echo "The libraries to build with are missing; \"make deps\" installs them." >&2; exit 1
endif

$(OBJ)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(LIB): $(LIBOBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(TLSOBJ): CFLAGS += -fPIC
$(TLSMODULE): $(TLSOBJ)
	@mkdir -p $(@D)
	$(CC) -shared -Wl,-z,relro,-z,now $(SANFLAGS) -o $@ $^ $(TLSLIBS)

$(BUILD)/bin/imap-connect: $(TLSMODULE) lib/tls/needs
$(BUILD)/bin/imap-connect: LDLIBS += $(ZIPLIBS)
# The old kind of run path counts for whoever calls dlopen, a sanitizer's wrapper too.
$(BUILD)/bin/imap-connect: LDFLAGS += -Wl,--dynamic-list=lib/tls/needs \
	-Wl,--disable-new-dtags,-rpath,'$$ORIGIN/../lib/offlineimap:$(LIBDIR)'
$(BUILD)/bin/localstatus: LDLIBS += $(SQLITELIBS)
$(BUILD)/bin/imap-list $(BUILD)/bin/imap-fetch $(BUILD)/bin/sync-plan $(BUILD)/bin/sync-verify: LDLIBS += $(SHUTLIBS)
$(BUILD)/bin/%: $(OBJ)/bin/%.o $(LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $< $(LIB) $(LDLIBS)

$(BUILD)/unit/%: $(OBJ)/t/unit/%.o $(LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $< $(LIB) $(LDLIBS) $(ZIPLIBS) $(SHUTLIBS)

$(BUILD)/unit/fuzz_%: $(OBJ)/t/fuzz/%.o $(OBJ)/t/fuzz/replay.o $(LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) $(ZIPLIBS) $(SHUTLIBS)

fuzzers: $(FUZZERS)

$(BUILD)/fuzz/%: $(OBJ)/t/fuzz/%.o $(LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS) $(ZIPLIBS) $(SHUTLIBS)

# The tests' step counter and the one who tries: never sanitized, they are loaded into what may be.
$(SHIM): t/shim.c
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE -std=c11 -O2 -g $(WARN) -fPIC -shared -o $@ $<

$(SERVED): t/served.c
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE -std=c11 -O2 -g $(WARN) -static -o $@ $<

# The stand-ins of the driver's tests, one program of many names.
$(FAKE): $(addprefix t/fake/,tool.c session.c fake.h)
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE -std=c11 -O2 -g $(WARN) -static -o $@ $(filter %.c,$^)

$(PROBE): t/probe.c
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE -std=c11 -O2 -g $(WARN) -fPIC -shared -o $@ $< $(SHUTLIBS)

# The bench's own two programs measure, so they are never sanitized.
build/t/relay: $(addprefix t/bench/,relay.c flow.c number.c flow.h number.h)
build/t/meter: $(addprefix t/bench/,meter.c number.c number.h)
$(BENCH_TOOLS):
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE -std=c11 -O2 -g $(WARN) -o $@ $(filter %.c,$^)

# What builds and tests need, as Debian packages; nothing if all is there.
deps:
	@t/deps.sh

# make runs anew after deps: the libraries may only be there now.
check: deps
	@$(MAKE) --no-print-directory -j2 tools units shim bench-tools
	@$(MAKE) --no-print-directory check-run

check-run:
	@t/check.sh $(BUILD)

# The same tests with many more rounds and seeds: hours.
soak: deps
	@$(MAKE) --no-print-directory -j2 tools units shim bench-tools
	@SOAK=1 CHECK_LIMIT=$${CHECK_LIMIT-36000} $(MAKE) --no-print-directory check-run

demo: deps
	@$(MAKE) --no-print-directory -s -j2 tools
	@t/demo.sh

# BENCH='noop -big' chooses works (t/bench/README.md), BENCHFLAGS=--quick and so on.
bench: deps
	@t/deps.sh bench
	@$(MAKE) --no-print-directory -s -j2 tools bench-tools
	@python3 t/bench/bench.py $(BENCHFLAGS) -- $(BENCH)

# FUZZTIME seconds (60) for each target, or for the TARGETs named (t/fuzz/README.md).
fuzz:
	@t/deps.sh fuzz
	@$(MAKE) --no-print-directory -s -j2 FUZZ=1 fuzzers
	@t/fuzz/run.sh build/fuzz/fuzz $(TARGET)

lint:
	@t/deps.sh lint
	@LINT_CPPFLAGS="$(subst ",\",$(CPPFLAGS))" t/lint.sh

install: tools
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBDIR) $(DESTDIR)$(DATADIR)
	install -m 755 $(TOOLS) $(DESTDIR)$(BINDIR)
	install -m 755 $(TLSMODULE) $(DESTDIR)$(LIBDIR)
	for f in $(MAN); do \
		install -D -m 644 $$f $(DESTDIR)$(MANDIR)/man$${f##*.}/$${f##*/} || exit 1; \
	done
	[ -z "$(SHARE)" ] || cp -R $(SHARE) $(DESTDIR)$(DATADIR)

uninstall:
	rm -f $(TOOLS:$(BUILD)/bin/%=$(DESTDIR)$(BINDIR)/%)
	for f in $(MAN); do rm -f $(DESTDIR)$(MANDIR)/man$${f##*.}/$${f##*/}; done
	rm -rf $(DESTDIR)$(LIBDIR) $(DESTDIR)$(DATADIR)

clean:
	rm -rf build

help:
	@echo 'make              build the tools in build/bin'
	@echo 'make demo         a sample mailbox on a throwaway server, synced before your eyes'
	@echo 'make check        install what is missing, build, run every test'
	@echo 'make soak         the same tests with far more rounds (hours)'
	@echo 'make bench        this, mbsync, OfflineIMAP and interimap side by side; tables in build/bench'
	@echo 'make fuzz         every parser with bytes of any kind: FUZZTIME=60 seconds each, TARGET=name'
	@echo 'make lint         clang-tidy, cppcheck, shellcheck, mandoc'
	@echo 'make deps         install the Debian packages that all this needs'
	@echo 'make install      to PREFIX ($(PREFIX)), below DESTDIR; "make uninstall" undoes it'
	@echo 'make clean        remove build'
	@echo 'SHARED=1          with any of these: no library as a part of the tools'
	@echo 'SAN=1             with any of these: under the address and undefined sanitizers'

.SECONDARY:
-include $(LIBOBJ:.o=.d) $(TLSOBJ:.o=.d) $(BINSRC:%.c=$(OBJ)/%.d) $(UNITSRC:%.c=$(OBJ)/%.d) \
	$(FUZZSRC:%.c=$(OBJ)/%.d) $(OBJ)/t/fuzz/replay.d
