# Plenum. `make help` lists the targets. One non-recursive Makefile: every room's sources are found, never listed.

MAKEFLAGS += --no-builtin-rules --no-print-directory
.DELETE_ON_ERROR:
.SUFFIXES:

VERSION := 0.1.0
B ?= build
CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
PREFIX ?= /usr/local
DEVELOPER ?= 0
FUZZ_SECONDS ?= 60

warnings := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes \
  -Wvla -Wundef -Wnull-dereference
ifneq ($(findstring gcc,$(shell $(CC) --version 2>/dev/null | head -n 1)),)
warnings += -Wduplicated-cond -Wlogical-op
endif
ifeq ($(DEVELOPER),1)
warnings += -Werror
endif
OPTIMISE ?= -O2
SANITIZE ?=
ifeq ($(SANITIZE),)
hardening := -D_FORTIFY_SOURCE=2 -fstack-clash-protection -fcf-protection
endif
pkgs := libevent_core libevent_openssl libevent_pthreads libpq libprotobuf-c libzstd openssl jansson libsodium \
  libutf8proc libcurl zlib
# The first make of a fresh machine runs before these are installed: then the flags are asked for again by the sub-make.
pkg_cflags := $(shell pkg-config --cflags $(pkgs) 2>/dev/null)

CFLAGS_ALL := -std=c11 -D_GNU_SOURCE -DPLENUM_VERSION='"$(VERSION)"' -I. -I$(B)/gen $(pkg_cflags) $(OPTIMISE) -g \
  $(warnings) $(hardening) -fstack-protector-strong -fPIE -fno-omit-frame-pointer $(SANITIZE) $(CFLAGS)
LDFLAGS_ALL := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed $(SANITIZE) $(LDFLAGS)

# One short line a step; V=1 shows the commands.
ifneq ($(V),1)
Q_CC = @echo "  CC  $<";
Q_LD = @echo "  LD  $@";
Q_AR = @echo "  AR  $@";
Q_GEN = @echo "  GEN $@";
endif
jobs := -j$(shell nproc)

# Rooms. A library each; a program is its room's main.o on top of what it may use.
tree := $(sort $(shell find base proto reward worker coordinator ctl -name '*.c' 2>/dev/null))
sources = $(filter-out %_test.c %_fuzz.c %/main.c,$(filter $(1)/%,$(tree)))
objects = $(patsubst %.c,$(B)/%.o,$(call sources,$(1)))
base_o := $(call objects,base)
reward_o := $(call objects,reward)
fit_o := $(call objects,worker/fit)
opinion_o := $(call objects,worker/opinion)
worker_o := $(filter-out $(fit_o) $(opinion_o),$(call objects,worker))
coordinator_o := $(call objects,coordinator) $(B)/gen/queries.o $(B)/gen/migrations.o $(B)/gen/demographics.o $(B)/gen/presets.o
ctl_o := $(call objects,ctl)
proto_c := $(patsubst proto/%.proto,$(B)/gen/proto/%.pb-c.c,$(wildcard proto/*.proto))
proto_o := $(proto_c:.c=.o) $(call objects,proto)

libs_base := -lzstd -lssl -lcrypto -lm -lpthread
libs_reward := -lutf8proc -ljansson
libs_fit := -llbfgs -llapacke -lopenblas
libs_coordinator := -levent_core -levent_openssl -levent_pthreads -lpq -lprotobuf-c -ljansson -lsodium -lcurl -lz
libs_worker := -lprotobuf-c -ljansson
libs_ctl := -lcurl -ljansson -lprotobuf-c

programs := $(B)/plenum-coordinator $(B)/plenum-worker $(B)/plenum
unit_sources := $(filter %_test.c,$(tree))
unit_tests := $(patsubst %.c,$(B)/unit/%,$(unit_sources))
fuzz_sources := $(filter %_fuzz.c,$(tree))
fuzz_targets := $(patsubst %.c,$(B)/fuzz/%,$(fuzz_sources))
fuzz_replays := $(patsubst %.c,$(B)/unit/%_test,$(fuzz_sources))
test_programs := $(patsubst %.c,$(B)/%,$(wildcard tests/http/*.c))
benches := $(patsubst bench/%.c,$(B)/bench/%,$(wildcard bench/*.c))

.PHONY: all help run test unit check bench fuzz soak looks asan tsan format clean install web schema deps
all: deps
	@$(MAKE) $(jobs) programs web

.PHONY: programs
programs: $(programs)
	@:

help:
	@echo "make            build everything (installs what is missing)"
	@echo "make run        build, start private PostgreSQL, coordinator and worker, load the demonstration study"
	@echo "make test       build and run every test; the last line is 'N passed, M failed'"
	@echo "make check      format, warnings with gcc and clang, includes, static analysis"
	@echo "make bench      measurements, one JSON object a line"
	@echo "make fuzz       libFuzzer, FUZZ_SECONDS=$(FUZZ_SECONDS) a target; FUZZ_TARGETS=\"framing note\" for some"
	@echo "make looks      the browser's tests with every screen in every look, and pictures in build/screenshots"
	@echo "make soak       the long tests, minutes to hours"
	@echo "make asan tsan  the tests under AddressSanitizer with UBSan, and ThreadSanitizer"
	@echo "make schema     write schema/schema.sql anew from the migrations"
	@echo "make format clean install   the usual; PREFIX=$(PREFIX)"

deps:
	@tools/install-deps run

run:
	@tools/step "what is needed is installed" tools/install-deps run
	@tools/step "built" $(MAKE) $(jobs) programs web
	@exec $(B)/plenum run

# --- objects -----------------------------------------------------------------------------------------------------
$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(Q_CC)$(CC) $(CFLAGS_ALL) -MMD -MP -c $< -o $@

$(B)/gen/proto/%.pb-c.c: proto/%.proto
	@mkdir -p $(@D)
	$(Q_GEN)protoc-c --c_out=$(B)/gen/proto --proto_path=proto $<

$(B)/gen/proto/%.o: $(B)/gen/proto/%.c
	$(Q_CC)$(CC) $(filter-out -Wconversion -Wshadow -Wpedantic -Werror,$(CFLAGS_ALL)) -I$(B)/gen/proto -MMD -MP -c $< -o $@

$(B)/gen/%.o: $(B)/gen/%.c
	$(Q_CC)$(CC) $(CFLAGS_ALL) -Wno-overlength-strings -MMD -MP -c $< -o $@

# Named statements and migrations are compiled in. The list is a file, so that one that went away is noticed too.
sql_files := $(sort $(wildcard coordinator/db/queries/*.sql))
$(shell mkdir -p $(B)/gen; echo '$(sql_files)' | cmp -s - $(B)/gen/queries.list || echo '$(sql_files)' > $(B)/gen/queries.list)
$(B)/gen/queries.h: $(sql_files) $(wildcard coordinator/db/queries/parts/*.sql) tools/embed $(B)/gen/queries.list
	@mkdir -p $(@D)
	$(Q_GEN)tools/embed queries $(B)/gen $(sql_files)
$(B)/gen/queries.c: $(B)/gen/queries.h ;
$(B)/gen/migrations.c: $(wildcard migrations/*.sql) tools/embed
	@mkdir -p $(@D)
	$(Q_GEN)tools/embed migrations $(B)/gen $(filter %.sql,$^)
# The question packs, too.
$(B)/gen/demographics.c: $(wildcard schema/demographics/*.json) tools/embed
	@mkdir -p $(@D)
	$(Q_GEN)tools/embed demographics $(B)/gen $(filter %.json,$^)
# And the tasks by name.
$(B)/gen/presets.c: $(wildcard schema/presets/*.json) tools/embed
	@mkdir -p $(@D)
	$(Q_GEN)tools/embed presets $(B)/gen $(filter %.json,$^)
$(call objects,coordinator) $(patsubst %.c,$(B)/%.o,$(filter coordinator/%,$(unit_sources) $(fuzz_sources))) $(B)/coordinator/main.o: | $(B)/gen/queries.h $(proto_c)
$(worker_o) $(ctl_o) $(patsubst %.c,$(B)/%.o,$(filter worker/% proto/%,$(unit_sources) $(fuzz_sources))) $(B)/worker/main.o $(call objects,proto): | $(proto_c)

# --- libraries and programs --------------------------------------------------------------------------------------
define archive
$(B)/lib$(1).a: $$($(1)_o)
	@rm -f $$@
	$$(Q_AR)ar rcs $$@ $$^
endef
$(foreach room,base reward fit opinion worker coordinator ctl proto,$(eval $(call archive,$(room))))

coordinator_a := $(B)/libcoordinator.a $(B)/libproto.a $(B)/libreward.a $(B)/libbase.a
worker_a := $(B)/libworker.a $(B)/libfit.a $(B)/libopinion.a $(B)/libproto.a $(B)/libreward.a $(B)/libbase.a
ctl_a := $(B)/libctl.a $(B)/libfit.a $(B)/libopinion.a $(B)/libproto.a $(B)/libreward.a $(B)/libbase.a
all_libs := $(libs_coordinator) $(libs_worker) $(libs_ctl) $(libs_fit) $(libs_reward) $(libs_base)

$(B)/plenum-coordinator: $(B)/coordinator/main.o $(coordinator_a)
	$(Q_LD)$(CC) $(LDFLAGS_ALL) $^ $(libs_coordinator) $(libs_reward) $(libs_base) -o $@
$(B)/plenum-worker: $(B)/worker/main.o $(worker_a)
	$(Q_LD)$(CC) $(LDFLAGS_ALL) $^ $(libs_worker) $(libs_fit) $(libs_reward) $(libs_base) -o $@
$(B)/plenum: $(B)/ctl/main.o $(ctl_a)
	$(Q_LD)$(CC) $(LDFLAGS_ALL) $^ $(libs_ctl) $(libs_fit) $(libs_reward) $(libs_base) -o $@

# --- tests -------------------------------------------------------------------------------------------------------
$(B)/unit/coordinator/%: $(B)/coordinator/%.o $(coordinator_a)
	@mkdir -p $(@D)
	$(Q_LD)$(CC) $(LDFLAGS_ALL) $^ -lcmocka $(libs_coordinator) $(libs_reward) $(libs_base) -o $@
$(B)/unit/worker/%: $(B)/worker/%.o $(worker_a)
	@mkdir -p $(@D)
	$(Q_LD)$(CC) $(LDFLAGS_ALL) $^ -lcmocka $(libs_worker) $(libs_fit) $(libs_reward) $(libs_base) -o $@
$(B)/unit/ctl/%: $(B)/ctl/%.o $(ctl_a)
	@mkdir -p $(@D)
	$(Q_LD)$(CC) $(LDFLAGS_ALL) $^ -lcmocka $(libs_ctl) $(libs_fit) $(libs_reward) $(libs_base) -o $@
$(B)/unit/%: $(B)/%.o $(B)/libproto.a $(B)/libreward.a $(B)/libbase.a
	@mkdir -p $(@D)
	$(Q_LD)$(CC) $(LDFLAGS_ALL) $^ -lcmocka -lprotobuf-c $(libs_reward) $(libs_base) -o $@
.SECONDARY:

# A target of the fuzzer twice: with libFuzzer (make fuzz), and as a test that runs what is kept once.
define fuzz_rules
$(B)/fuzz/$(1)%_fuzz: $(B)/$(1)%_fuzz.o $(2)
	@mkdir -p $$(@D)
	$$(Q_LD)$(CC) $(LDFLAGS_ALL) -fsanitize=fuzzer $$^ $(3) -o $$@
$(B)/unit/$(1)%_fuzz_test: $(B)/$(1)%_fuzz.o $(B)/tests/fuzz/replay.o $(2)
	@mkdir -p $$(@D)
	$$(Q_LD)$(CC) $(LDFLAGS_ALL) $$^ $(3) -o $$@
endef
$(eval $(call fuzz_rules,coordinator/,$(coordinator_a),$(libs_coordinator) $(libs_reward) $(libs_base)))
$(eval $(call fuzz_rules,worker/,$(worker_a),$(libs_worker) $(libs_fit) $(libs_reward) $(libs_base)))
$(eval $(call fuzz_rules,,$(B)/libproto.a $(B)/libreward.a $(B)/libbase.a,-lprotobuf-c $(libs_reward) $(libs_base)))

# What black-box tests hold against something else.
$(B)/tests/%: $(B)/tests/%.o $(coordinator_a)
	@mkdir -p $(@D)
	$(Q_LD)$(CC) $(LDFLAGS_ALL) $^ $(libs_coordinator) $(libs_reward) $(libs_base) -o $@

.PHONY: unit_programs
unit_programs: $(unit_tests) $(fuzz_replays) $(test_programs)
	@:

unit: programs unit_programs
	@node tests/run.mjs --build $(B) unit

test:
	@tools/install-deps test
	@$(MAKE) $(jobs) programs unit_programs web
	@node tests/run.mjs --build $(B) $(KINDS)

looks:
	@tools/install-deps test
	@$(MAKE) $(jobs) programs unit_programs web
	@PLENUM_THOROUGH=1 node tests/run.mjs --build $(B) browser

soak:
	@tools/install-deps soak
	@$(MAKE) $(jobs) programs unit_programs web
	@node tests/run.mjs --build $(B) soak

asan:
	@tools/install-deps test
	@$(MAKE) $(jobs) B=build/asan OPTIMISE=-O1 SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=undefined" programs unit_programs web
	@node tests/run.mjs --build build/asan $(or $(KINDS),unit http api faults fits)
tsan:
	@tools/install-deps test
	@$(MAKE) $(jobs) B=build/tsan OPTIMISE=-O1 SANITIZE="-fsanitize=thread" programs unit_programs web
	@TSAN_OPTIONS="suppressions=$(CURDIR)/tests/support/tsan.supp $$TSAN_OPTIONS" node tests/run.mjs --build build/tsan $(or $(KINDS),unit http api faults fits)

# The fuzzer's own sanitisers; never part of `make test`.
.PHONY: fuzz_targets
fuzz_targets: $(fuzz_targets)
	@:
fuzz:
	@tools/install-deps test
	@$(MAKE) $(jobs) B=build/fuzz CC=clang OPTIMISE=-O1 \
	  SANITIZE="-fsanitize=fuzzer-no-link,address,undefined,float-cast-overflow -fno-sanitize-recover=all" fuzz_targets
	@node tests/fuzz/run.mjs --build build/fuzz --seconds $(FUZZ_SECONDS) $(FUZZ_TARGETS)

check:
	@tools/install-deps check
	@tools/check

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

# --- measurements ------------------------------------------------------------------------------------------------
$(B)/bench/%: bench/%.c $(ctl_a)
	@mkdir -p $(@D)
	$(Q_LD)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) $^ $(libs_ctl) $(libs_fit) $(libs_reward) $(libs_base) -o $@
bench:
	@tools/install-deps bench
	@$(MAKE) $(jobs) programs web $(benches)
	@node bench/run.mjs --build $(B)

# --- the browser's part, the golden schema, install ----------------------------------------------------------------
web: web-static/dist/index.html
	@:
web-static/dist/index.html: $(shell find web-static/src -type f 2>/dev/null) $(wildcard web-static/*.mjs web-static/package-lock.json)
	@node web-static/build.mjs

schema: programs
	@tools/golden-schema $(B) > $(B)/schema.sql && mv $(B)/schema.sql schema/schema.sql

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/plenum/web $(DESTDIR)$(PREFIX)/share/plenum/demo
	install -m 755 $(programs) $(DESTDIR)$(PREFIX)/bin
	cp -R web-static/dist/. $(DESTDIR)$(PREFIX)/share/plenum/web
	cp -R demo/. $(DESTDIR)$(PREFIX)/share/plenum/demo

clean:
	rm -rf build web-static/dist

-include $(shell find $(B) -name '*.d' 2>/dev/null)
