# SPDX-License-Identifier: ISC
# GNU make. `make help` names the targets. Everything that is built goes below build/ (B).

VERSION		:= $(shell cat VERSION)

PREFIX		= /usr/local
BINDIR		= $(PREFIX)/bin
SBINDIR		= $(PREFIX)/sbin
MANDIR		= $(PREFIX)/share/man
SYSCONFDIR	= /etc
LOCALSTATEDIR	= /var
RUNDIR		= /run
UNITDIR		= $(PREFIX)/lib/systemd/system
SYSUSERSDIR	= $(PREFIX)/lib/sysusers.d
TMPFILESDIR	= $(PREFIX)/lib/tmpfiles.d
DESTDIR		=

# What a caller may say: B=where to build, WERROR=1, SANITIZE=1, T=pattern of tests, V=1 (show commands), CC,
# CFLAGS, LDFLAGS.
B		= build
CC		= gcc
ifeq ($(origin CC),default)
CC		= gcc
endif
CFLAGS		= -O2 -g
LDFLAGS		=
WERROR		=
SANITIZE	=
T		=
V		=
quiet		= $(if $(V),,@echo '  $(1)	$(patsubst $(CURDIR)/%,%,$(2))';)

WARNINGS	= -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wconversion -Wno-sign-conversion
WARNINGS	+= $(if $(WERROR),-Werror)
DEFINES		= -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -DSYSCONFDIR='"$(SYSCONFDIR)"' \
		  -DLOCALSTATEDIR='"$(LOCALSTATEDIR)"' -DRUNDIR='"$(RUNDIR)"' -DBINDIR='"$(BINDIR)"' \
		  -DSBINDIR='"$(SBINDIR)"' \
		  -DSETTINGS_PATH='"$(SYSCONFDIR)/dynlease/dynlease.conf"' \
		  -DCLIENT_CONF_PATH='"$(SYSCONFDIR)/dynlease/client.conf"'

# Control-flow protection is x86's; gcc refuses the flag elsewhere.
MACHINE		:= $(shell uname -m)
HARDEN_x86_64	= -fcf-protection
HARDEN_i686	= -fcf-protection
# Static, because gcc's shared libubsan does not read the options that tests/sanitizer.c gives.
SANITIZERS	= -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
		  $(if $(findstring clang,$(CC)),,-static-libasan -static-libubsan)
ifdef SANITIZE
PROTECT		= $(SANITIZERS)
REPORTS		= $(B)/obj/tests/sanitizer.o
else
PROTECT		= -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection \
		  $(HARDEN_$(MACHINE))
REPORTS		=
endif

# Asked only when something is compiled or linked, so that `make deps` runs without the libraries.
LIBRARIES	= libssl libcrypto lmdb inih ldns libmariadb libbsd libcrypt
PKG_CONFIG	= pkg-config
PKG_CFLAGS	= $(eval PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(LIBRARIES)))$(PKG_CFLAGS)
libs		= -Wl,--as-needed $(shell $(PKG_CONFIG) --libs $(1))

COMPILE		= $(CC) -std=gnu11 $(WARNINGS) $(DEFINES) -I$(CURDIR) $(PROTECT) -fPIE $(CFLAGS)
LINK		= $(CC) $(PROTECT) $(CFLAGS) -pie -Wl,-z,relro,-z,now $(LDFLAGS)

# One folder, one program.
DAEMONS		= dynlease-auth dynlease-reaper dynlease-admin
PROGRAMS	= $(DAEMONS) dynlease
FOLDER_dynlease-auth	= auth-helper
FOLDER_dynlease-reaper	= reaper
FOLDER_dynlease-admin	= admin
FOLDER_dynlease		= client
NEEDS_dynlease-auth	= libssl libcrypto lmdb inih libbsd libcrypt
NEEDS_dynlease-reaper	= libcrypto lmdb inih ldns libmariadb libbsd libcrypt
NEEDS_dynlease-admin	= libssl libcrypto lmdb inih libbsd libcrypt
NEEDS_dynlease		= libssl libcrypto inih libbsd libcrypt

objects		= $(patsubst %.c,$(B)/obj/%.o,$(1))
folder_objects	= $(call objects,$(wildcard $(FOLDER_$(1))/*.c))
LIB		= $(B)/libdynlease.a
LIB_OBJECTS	= $(call objects,$(wildcard lib/*.c))
UNIT_SOURCES	= $(wildcard tests/unit/test_*.c)
TOOL_SOURCES	= $(wildcard tests/tools/*.c)
TEST_PROGRAMS	= $(patsubst %.c,$(B)/%,$(UNIT_SOURCES) $(TOOL_SOURCES))

MANUALS		= $(wildcard */*.1 */*.5 */*.8)
SCRIPTS		= $(sort $(wildcard .ci/run setup/install tests/run tests/*.sh tests/*/*.sh demo/run demo/*.sh admin/*.bash))

all: $(PROGRAMS:%=$(B)/%)
	@:

test-programs: $(TEST_PROGRAMS)
	@:

# --- building ---

.SECONDEXPANSION:
.DELETE_ON_ERROR:
.SECONDARY:

$(PROGRAMS:%=$(B)/%): $(B)/%: $$(call folder_objects,$$*) $(LIB) $$(REPORTS)
	$(call quiet,LD,$@)$(LINK) -o $@ $^ $(call libs,$(NEEDS_$*))

$(LIB): $$(LIB_OBJECTS)
	@rm -f $@
	$(call quiet,AR,$@)$(AR) rcs $@ $^

# A test or tool that needs more than lib/ says so in a comment: "links: reaper/zonetext.c reaper/serial.c".
linked		= $(call objects,$(wildcard $(filter %.c,$(shell sed -n 's,.*links: *,,p' $(1)))))

$(B)/tests/%: $(B)/obj/tests/%.o $$(call linked,tests/$$*.c) $(LIB) $$(REPORTS)
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(LINK) -o $@ $^ $(call libs,$(LIBRARIES))

$(B)/obj/%.o: %.c $(B)/flags | $(B)/libraries
	@mkdir -p $(@D)
	$(call quiet,CC,$<)$(COMPILE) $(PKG_CFLAGS) -MMD -MP -c -o $@ $<

# Reports of the sanitizers go to files: in most programs under test, stderr is a client or /dev/null.
$(B)/obj/tests/sanitizer.o: DEFINES += -DREPORTS='"$(abspath $(B))/reports/report"'

# Changes when the flags do, and then everything is compiled again.
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(COMPILE) $(LINK))' >$@.new
	@cmp -s $@.new $@ && rm -f $@.new || mv -f $@.new $@

# The libraries are looked for once, for one clear message.
$(B)/libraries:
	@mkdir -p $(@D)
	@$(PKG_CONFIG) --exists --print-errors $(LIBRARIES) || \
	    { echo "libraries are missing: run 'make deps' as root" >&2; exit 1; }
	@touch $@

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)

# --- using ---

# Which lists of setup/packages to install.
LISTS		= build

deps:
	@setup/install $(LISTS)

demo:
	@$(MAKE) --no-print-directory deps LISTS='build demo'
	@$(MAKE) --no-print-directory all
	@BIN=$(abspath $(B)) demo/run

TEST_LISTS	= build demo test

test:
	@$(MAKE) --no-print-directory deps LISTS='$(TEST_LISTS)'
	@$(MAKE) --no-print-directory all test-programs
	@BIN=$(abspath $(B)) tests/run '$(T)'

test-asan:
	@$(MAKE) --no-print-directory deps LISTS='$(TEST_LISTS)'
	@$(MAKE) --no-print-directory B=$(B)/asan SANITIZE=1 all test-programs
	@BIN=$(abspath $(B)/asan) SANITIZED=1 tests/run '$(T)'

# Each prints what it measured and fails when that is too much.
bench:
	@$(MAKE) --no-print-directory deps LISTS='$(TEST_LISTS)'
	@$(MAKE) --no-print-directory all test-programs
	@set -e; for bench in tests/bench/*$(T)*; do echo "$$bench"; BIN=$(abspath $(B)) "$$bench"; done

# --- checking ---

C_SOURCES	= $(wildcard lib/*.c auth-helper/*.c reaper/*.c client/*.c admin/*.c)
TEST_SOURCES	= $(wildcard tests/*.c tests/unit/*.c tests/tools/*.c)

lint:
	@$(MAKE) --no-print-directory deps LISTS='build test lint'
	@$(MAKE) --no-print-directory -k lint-gcc lint-clang lint-layers lint-shell lint-manuals lint-cppcheck lint-tidy
	@echo 'lint: nothing to complain of'

lint-gcc lint-clang: lint-%:
	@$(MAKE) --no-print-directory CC=$* B=$(B)/lint-$* WERROR=1 all test-programs

lint-layers:
	tests/layers.sh

lint-shell:
	shellcheck -x $(SCRIPTS)

lint-manuals:
	@$(if $(MANUALS),mandoc -Tlint -Wwarning $(MANUALS))

lint-cppcheck:
	@mkdir -p $(B)/cppcheck
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
	    --suppress=missingIncludeSystem --cppcheck-build-dir=$(B)/cppcheck -I. $(DEFINES) $(C_SOURCES)

# One file a run: clang-tidy 14 mistakes va_start() for nothing in all files but the first.
lint-tidy:
	printf '%s\n' $(C_SOURCES) | xargs -P 2 -I FILE clang-tidy --quiet --warnings-as-errors='*' FILE -- \
	    -std=gnu11 $(DEFINES) -I. $(PKG_CFLAGS)

# --- installing ---

# Paths in manual pages, units and the xinetd entry.
SUBSTITUTE	= sed -e 's,@bindir@,$(BINDIR),g' -e 's,@sbindir@,$(SBINDIR),g' -e 's,@sysconfdir@,$(SYSCONFDIR),g' \
		  -e 's,@localstatedir@,$(LOCALSTATEDIR),g' -e 's,@rundir@,$(RUNDIR),g' \
		  -e 's,@prefix@,$(PREFIX),g' -e 's,@version@,$(VERSION),g'
MAN_INSTALLED	= $(foreach page,$(MANUALS),$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(page)))/$(notdir $(page)))
UNITS		= $(wildcard $(foreach kind,service socket timer path,*/*.$(kind)))
UNITS_INSTALLED	= $(foreach unit,$(UNITS),$(DESTDIR)$(UNITDIR)/$(notdir $(unit)))
# A mount unit is named after its place. Where systemd looks for units it would be no option: the path unit would
# ask for it.
SHARED		= $(DESTDIR)$(PREFIX)/share/dynlease
MOUNT_UNIT	= $(SHARED)/$(subst /,-,$(patsubst /%,%,$(RUNDIR)))-dynlease.mount
FAIL2BAN	= $(SHARED)/fail2ban-dynlease.conf
SQL_DIR		= $(SHARED)/sql
SYSUSERS	= $(DESTDIR)$(SYSUSERSDIR)/dynlease.conf
TMPFILES	= $(DESTDIR)$(TMPFILESDIR)/dynlease.conf
XINETD_ENTRIES	= dynlease dynlease-tunnel
XINETD_DIR	= $(DESTDIR)$(SYSCONFDIR)/xinetd.d
COMPLETIONS	= $(PREFIX)/share/bash-completion/completions

# An entry for xinetd that is there already may have been changed, and stays.
install: all
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(SBINDIR) $(DESTDIR)$(SYSCONFDIR)/dynlease $(XINETD_DIR)
	install -m 755 $(B)/dynlease $(DESTDIR)$(BINDIR)/
	install -m 755 $(DAEMONS:%=$(B)/%) $(DESTDIR)$(SBINDIR)/
	install -d $(DESTDIR)$(COMPLETIONS)
	install -m 644 admin/dynlease-admin.bash $(DESTDIR)$(COMPLETIONS)/dynlease-admin
	install -d $(SQL_DIR)/migrations
	install -m 644 sql/README $(wildcard sql/*.sql) $(SQL_DIR)/
	install -m 644 $(wildcard sql/migrations/*.sql) $(SQL_DIR)/migrations/
	@set -e; for page in $(MANUALS); do \
		to=$(DESTDIR)$(MANDIR)/man$${page##*.}; \
		install -d "$$to"; \
		$(SUBSTITUTE) "$$page" >$(B)/substituted; \
		install -m 644 $(B)/substituted "$$to/$${page##*/}"; \
	done
	install -d $(DESTDIR)$(UNITDIR) $(dir $(SYSUSERS) $(TMPFILES) $(MOUNT_UNIT))
	@set -e; put() { \
		$(SUBSTITUTE) "$$1" >$(B)/substituted; \
		install -m 644 $(B)/substituted "$$2"; \
	}; \
	for unit in $(UNITS); do put "$$unit" "$(DESTDIR)$(UNITDIR)/$${unit##*/}"; done; \
	put reaper/run-dynlease.mount $(MOUNT_UNIT); \
	put auth-helper/fail2ban-dynlease.conf $(FAIL2BAN); \
	put auth-helper/sshd-dynlease.conf $(SHARED)/sshd-dynlease.conf; \
	put sysusers.d/dynlease.conf $(SYSUSERS); \
	put tmpfiles.d/dynlease.conf $(TMPFILES)
	@set -e; for entry in $(XINETD_ENTRIES); do \
		if [ -e "$(XINETD_DIR)/$$entry" ]; then \
			echo "$(XINETD_DIR)/$$entry is there already and stays as it is"; \
		else \
			$(SUBSTITUTE) "xinetd.d/$$entry" >$(B)/substituted; \
			install -m 644 $(B)/substituted "$(XINETD_DIR)/$$entry"; \
		fi; \
	done

# The configuration stays; so does the entry for xinetd, if it was changed.
uninstall:
	rm -f $(DESTDIR)$(BINDIR)/dynlease $(DAEMONS:%=$(DESTDIR)$(SBINDIR)/%) $(MAN_INSTALLED) $(UNITS_INSTALLED) \
	    $(MOUNT_UNIT) $(FAIL2BAN) $(SHARED)/sshd-dynlease.conf $(SYSUSERS) $(TMPFILES) \
	    $(DESTDIR)$(COMPLETIONS)/dynlease-admin
	rm -rf $(SQL_DIR)
	@for entry in $(XINETD_ENTRIES); do \
		$(SUBSTITUTE) "xinetd.d/$$entry" | cmp -s - "$(XINETD_DIR)/$$entry" && rm -f "$(XINETD_DIR)/$$entry" || :; \
	done
	@rmdir $(SHARED) $(DESTDIR)$(SYSCONFDIR)/dynlease 2>/dev/null || :

# The packages unpacked for the tests stay, and so does the Debian they boot; they take a network to get.
clean:
	find $(B) -mindepth 1 -maxdepth 1 ! -name peers ! -name tree -exec rm -rf {} + 2>/dev/null || :

help:
	@echo 'make             build the programs into build/'
	@echo 'make deps        install what building needs (LISTS="build demo test lint": see setup/packages)'
	@echo 'make demo        install what is missing, build, and show a host coming, dying and coming back'
	@echo 'make test        install what is missing, build, and run the tests (T=pattern: those whose path has it)'
	@echo 'make test-asan   the same tests with the sanitizers of the compiler'
	@echo 'make bench       measure what things cost (T=pattern)'
	@echo 'make lint        compilers, analysers, shell scripts, manual pages, layers'
	@echo 'make install     DESTDIR, PREFIX, SYSCONFDIR, LOCALSTATEDIR, RUNDIR, UNITDIR as usual; also uninstall'
	@echo 'make clean       remove what was built'

FORCE:
.PHONY: all test-programs deps demo test test-asan bench lint lint-gcc lint-clang lint-layers lint-shell lint-manuals \
	lint-cppcheck lint-tidy install uninstall clean help FORCE
