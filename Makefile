# offlineimap: a chain of small tools that keeps IMAP and Maildir in sync.
# GNU make; "make help" lists what there is to make.

CC ?= cc
PKG_CONFIG ?= pkg-config
PREFIX ?= /usr/local
VERSION := 9.0.0

# SAN=1 is the same build under the address and undefined sanitizers.
ifdef SAN
BUILD := build/san
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
OPT := -O1 -g
else
BUILD := build
OPT := -O2 -g -D_FORTIFY_SOURCE=2
endif

WARN := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	-Wwrite-strings -Wformat=2 -Wvla
HARDEN := -fstack-protector-strong -fPIE
CPPFLAGS += -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -Ilib \
	$(shell $(PKG_CONFIG) --cflags libbsd-overlay libmd lmdb 2>/dev/null)
CFLAGS += -std=c11 $(OPT) $(WARN) $(HARDEN) $(SANFLAGS) $(WERROR)
LDFLAGS += -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(SANFLAGS)
LDLIBS = $(shell $(PKG_CONFIG) --libs libbsd-overlay libmd lmdb)
# Only imap-connect talks TLS: loading libssl costs every other tool 5 ms.
TLSLIBS = $(shell $(PKG_CONFIG) --libs openssl)

LIBSRC := $(wildcard lib/*/*.c)
LIBOBJ := $(LIBSRC:%.c=$(BUILD)/%.o)
BINSRC := $(wildcard bin/*.c)
TOOLS := $(BINSRC:bin/%.c=$(BUILD)/bin/%)
UNITSRC := $(wildcard t/unit/*.c)
UNITS := $(UNITSRC:t/unit/%.c=$(BUILD)/unit/%)
LIB := $(BUILD)/liboffline.a
MAN := $(wildcard man/*.[157])

.PHONY: all
all: tools

.PHONY: tools
tools: $(TOOLS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(LIB): $(LIBOBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/bin/imap-connect: LDLIBS += $(TLSLIBS)
$(BUILD)/bin/%: $(BUILD)/bin/%.o $(LIB)
	$(CC) $(LDFLAGS) -o $@ $< $(LIB) $(LDLIBS)

$(BUILD)/unit/%: $(BUILD)/t/unit/%.o $(LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $< $(LIB) $(LDLIBS) $(TLSLIBS)

.SECONDARY:
-include $(LIBOBJ:.o=.d) $(BINSRC:%.c=$(BUILD)/%.d) $(UNITSRC:%.c=$(BUILD)/%.d)
