# ptf: profile traces.  `make help` lists what can be made.
#
# Folders decide what links with what (see README.md); files are found by
# their place, so a new source file needs no line here.

O      ?= build
prefix ?= /usr/local
TIME   ?= 60
CC     ?= cc
PYTHON ?= /usr/bin/python3

CFLAGS   ?= -O2 -g
WARNINGS  = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	    -Wvla -Wformat=2 -Wundef -Wcast-qual -Wwrite-strings \
	    -Wold-style-definition -Wpointer-arith $(if $(WERROR),-Werror)
override CPPFLAGS += -Iinclude -I. -I$(O)/gen -D_GNU_SOURCE
ALL_CFLAGS = -std=c17 $(WARNINGS) $(CFLAGS) -fno-common -fvisibility=hidden

Q = $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2);)

# Made only where MPI is (Debian: libopenmpi-dev).
MPI_LIBS := $(shell pkg-config --libs ompi-c 2>/dev/null)

TOOLS    = $(filter-out $(if $(MPI_LIBS),,pmerge-mpi),$(patsubst tools/%.c,%,$(wildcard tools/*.c)))
PROGRAMS = $(addprefix $(O)/bin/,prec $(TOOLS))
AGENT    = $(O)/lib/ptf/libprec-agent.so
MEMORY_AGENT = $(O)/lib/ptf/libprec-agent-memory.so
AGENTS   = $(AGENT) $(MEMORY_AGENT)

obj = $(patsubst %.c,$(O)/%.o,$(1))
FORMAT_OBJS   = $(call obj,$(wildcard format/*.c)) $(O)/gen/ptf-wire.pb-c.o
TOOLLIB_OBJS  = $(call obj,$(wildcard tools/cli/*.c tools/core/*.c tools/emit/*.c tools/plot/*.c)) \
		$(O)/gen/perfetto.pb-c.o $(O)/gen/pprof.pb-c.o \
		$(O)/tools/web/embed.o
RECORDER_OBJS = $(call obj,recorder/agent/preload_check.c $(filter-out recorder/prec.c,\
                $(wildcard recorder/*.c recorder/asyncio/*.c recorder/memory/*.c recorder/output/*.c recorder/cpython/*.c)))
AGENT_OBJS    = $(patsubst %.c,$(O)/pic/%.o,$(wildcard recorder/agent/*.c recorder/cpython/*.c))
MEMORY_OBJS   = $(patsubst %.c,$(O)/pic/%.o,$(wildcard recorder/agent/memory/*.c))
UNIT_TESTS    = $(patsubst tests/unit/%.c,$(O)/tests/unit/%,$(wildcard tests/unit/test_*.c))
FUZZ_TARGETS  = $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
SUPPORT_PROGRAMS = $(patsubst tests/support/%.c,$(O)/tests/support/%,$(wildcard tests/support/*.c))

FORMAT_LIBS   = -lzstd -lprotobuf-c -lxxhash
RECORDER_LIBS = $(FORMAT_LIBS) -ldw -lelf -liberty -lpthread -lm
TOOL_LIBS     = $(FORMAT_LIBS) -lz -lm

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all help deps demo check tests check-unit check-golden check-fuzz check-e2e \
	check-layers check-headers check-cli check-consumers check-aarch64 check-storms check-matrix \
	check-diff stress bench \
	fuzz asan \
	lint format pictures install uninstall clean

all: $(PROGRAMS) $(AGENTS) ## build everything (the default)

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' Makefile
	@echo "  O=DIR builds there (build); prefix=, DESTDIR= for install; WERROR=1; V=1 shows commands"

# ------------------------------------------------- what a newcomer types

# Installs what is missing; says what is missing where it may not.
deps:
	@sh tools/packaging/debian-deps.sh --quiet

demo: deps ## record a real Python program and print its line table
	@$(MAKE) --no-print-directory all
	@O=$(O) PYTHON=$(PYTHON) sh tests/support/demo.sh

check: deps ## all tests (at most 15 minutes on 2 cores)
	@O=$(O) MAKE="$(MAKE)" sh tests/support/check.sh

# ------------------------------------------------------------ the build

$(O)/gen/ptf-wire.proto: schemas/ptf.proto schemas/columns-as-bytes.sed
	$(call say,GEN,$@)mkdir -p $(@D) && sed -E -f schemas/columns-as-bytes.sed $< >$@

$(O)/gen/ptf-wire.pb-c.c $(O)/gen/ptf-wire.pb-c.h &: $(O)/gen/ptf-wire.proto
	$(call say,GEN,$(O)/gen/ptf-wire.pb-c.c)protoc-c --proto_path=$(O)/gen --c_out=$(O)/gen $<

$(O)/gen/%.pb-c.c $(O)/gen/%.pb-c.h: schemas/%.proto
	$(call say,GEN,$(O)/gen/$*.pb-c.c)mkdir -p $(O)/gen && protoc-c --proto_path=schemas --c_out=$(O)/gen $<

$(O)/gen/%.o: $(O)/gen/%.c
	$(call say,CC,$<)$(CC) -std=c17 $(CFLAGS) -fvisibility=hidden $(CPPFLAGS) -MMD -MP -c -o $@ $<

# Only the files that translate a schema see its generated header.
$(O)/format/payload.o $(O)/format/payload_write.o: $(O)/gen/ptf-wire.pb-c.h
$(O)/tools/emit/pprof.o: $(O)/gen/pprof.pb-c.h
$(call obj,$(wildcard tools/emit/perfetto*.c)): $(O)/gen/perfetto.pb-c.h
$(O)/pic/recorder/%.o: ALL_CFLAGS += -fPIC -ftls-model=initial-exec

# What is called malloc or memcpy here must not be made of calls to itself.
$(O)/pic/recorder/agent/memory/%.o: ALL_CFLAGS += -fno-builtin -fno-tree-loop-distribute-patterns

# System headers, so that their warnings are theirs.
$(O)/tools/pmerge-mpi.o: ALL_CFLAGS += $(patsubst -I%,-isystem %,$(shell pkg-config --cflags ompi-c))
$(O)/bin/pmerge-mpi: TOOL_LIBS += $(MPI_LIBS)

$(O)/pic/%.o: %.c
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) $(CPPFLAGS) -MMD -MP -c -o $@ $<

$(O)/%.o: %.c
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) $(CPPFLAGS) -MMD -MP -c -o $@ $<

# The page of --to html, one file of many, and the parts of a flame graph, as
# bytes of the tools.
$(O)/gen/web_page.html: $(wildcard tools/web/*.html tools/web/*.css tools/web/*.js tools/web/*.awk)
	$(call say,GEN,$@)mkdir -p $(@D) && awk -f tools/web/inline.awk tools/web/index.html >$@

$(O)/gen/diff_page.html: $(wildcard tools/web/*.html tools/web/*.css tools/web/*.js tools/web/*.awk)
	$(call say,GEN,$@)mkdir -p $(@D) && awk -f tools/web/inline.awk tools/web/diff.html >$@

$(O)/tools/web/embed.o: tools/web/embed.S $(O)/gen/web_page.html $(O)/gen/diff_page.html tools/web/flamegraph.css tools/web/flamegraph.js
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) $(CFLAGS) -Wa,-I$(O)/gen,-Itools/web -c -o $@ $<

$(O)/lib/libptf.a: $(FORMAT_OBJS)
$(O)/libtools.a: $(TOOLLIB_OBJS)
$(O)/librecorder.a: $(RECORDER_OBJS)
$(O)/%.a:
	$(call say,AR,$@)mkdir -p $(@D) && rm -f $@ && $(AR) rcs $@ $^

# Of --memory: what the agent copies itself is not the program's.
$(MEMORY_AGENT): AGENT_LDFLAGS = -Wl,--wrap=memcpy,--wrap=memmove
$(AGENT): $(AGENT_OBJS)
$(MEMORY_AGENT): $(AGENT_OBJS) $(MEMORY_OBJS)
$(AGENTS):
	$(call say,LD,$@)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) $(AGENT_LDFLAGS) -shared -Wl,-z,now,-z,defs -o $@ $^ -ldl -lpthread

$(O)/bin/prec: $(O)/recorder/prec.o $(O)/librecorder.a $(O)/lib/libptf.a
	$(call say,LD,$@)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(RECORDER_LIBS)

$(O)/bin/%: $(O)/tools/%.o $(O)/libtools.a $(O)/lib/libptf.a
	$(call say,LD,$@)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(TOOL_LIBS)

# Of the agent only what interposes nothing may be linked into a test.
$(O)/tests/unit/%: $(O)/tests/unit/%.o $(call obj,recorder/agent/guard.c recorder/agent/seen.c recorder/agent/memory/held.c recorder/agent/memory/points.c) $(O)/librecorder.a $(O)/libtools.a $(O)/lib/libptf.a
	$(call say,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(RECORDER_LIBS) -lz -lcmocka

$(O)/tests/fuzz/%: $(O)/tests/fuzz/%.o $(O)/tests/fuzz/standalone.o $(O)/lib/libptf.a
	$(call say,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(FORMAT_LIBS)

$(O)/tests/support/%: $(O)/tests/support/%.o $(O)/lib/libptf.a
	$(call say,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(FORMAT_LIBS)

tests: all $(UNIT_TESTS) $(SUPPORT_PROGRAMS) $(addprefix $(O)/tests/fuzz/,$(FUZZ_TARGETS))

# ------------------------------------------------------------- the tests

check-unit: tests ## unit tests (cmocka)
	@O=$(O) sh tests/support/run-unit.sh $(UNIT_TESTS)

check-golden: tests ## old traces still read the same, by two independent decoders
	@O=$(O) PYTHON=$(PYTHON) sh tests/golden/run.sh

check-fuzz: tests ## replay the fuzz corpora
	@O=$(O) sh tests/fuzz/replay.sh $(FUZZ_TARGETS)

check-e2e: tests ## the real tools on real programs
	@O=$(O) PYTHON=$(PYTHON) sh tests/e2e/run.sh

check-consumers: tests ## other people's viewers on our exports (installs them; not part of check)
	@O=$(O) PYTHON=$(PYTHON) sh tests/consumers/install.sh
	@O=$(O) PYTHON=$(PYTHON) sh tests/consumers/run.sh

check-aarch64: deps ## the house cross-compiled and emulated (some minutes; not part of check)
	@$(MAKE) --no-print-directory tests
	@O=$(O) PYTHON=$(PYTHON) sh tests/aarch64/run.sh

stress: TIME := 1200
stress: tests ## hard programs at 10 kHz for TIME seconds (1200), then the whole matrix of truth (25 minutes), then what pdiff finds
	@O=$(O) MAKE="$(MAKE)" TIME=$(TIME) sh tests/support/check.sh check-storms check-matrix check-diff

check-storms: tests
	@O=$(O) PYTHON=$(PYTHON) TIME=$(TIME) sh tests/stress/run.sh

check-matrix: tests
	@O=$(O) PYTHON=$(PYTHON) sh tests/stress/matrix.sh

check-diff: tests
	@O=$(O) PYTHON=$(PYTHON) sh tests/stress/diff.sh

check-cli: all ## --help, --version and usage errors of every program
	@O=$(O) sh tests/house/check-cli.sh $(PROGRAMS)

check-layers: tests ## who may include whom
	@O=$(O) CC="$(CC)" sh tests/house/check-layers.sh

check-headers: ## every header compiles alone
	@CC="$(CC)" sh tests/house/check-headers.sh $(CPPFLAGS)

fuzz: deps ## fuzz the readers for TIME seconds each (clang)
	@O=$(O)-fuzz TIME=$(TIME) sh tests/fuzz/fuzz.sh $(FUZZ_TARGETS)

asan: deps ## unit, golden and fuzz tests under address and undefined-behaviour sanitizers
	@$(MAKE) --no-print-directory O=$(O)-asan LDFLAGS= \
		CFLAGS="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer" \
		check-unit check-golden check-fuzz

bench: deps ## figures: cost, size, speed (an hour; BENCH="--only cost", BENCH=--help)
	@sh tools/packaging/debian-deps.sh --bench || echo "bench: goes on without them"
	@$(MAKE) --no-print-directory all
	@O=$(O) PYTHON=$(PYTHON) BENCH='$(BENCH)' sh tests/bench/run.sh

pictures: deps ## record an example and draw the pictures of README.md
	@$(MAKE) --no-print-directory all
	@O=$(O) PYTHON=$(PYTHON) sh tests/support/pictures.sh

lint: deps ## shellcheck, cppcheck, formatting
	@sh tests/house/lint.sh

format: deps ## let clang-format put the sources in order
	@clang-format -i $$(find include format recorder tools tests -name '*.[ch]')

# ---------------------------------------------------------- installation

COMPLETIONS = share/bash-completion/completions

install: all ## into DESTDIR/prefix
	install -d "$(DESTDIR)$(prefix)/bin" "$(DESTDIR)$(prefix)/lib/ptf" "$(DESTDIR)$(prefix)/include/ptf" "$(DESTDIR)$(prefix)/share/ptf"
	install $(PROGRAMS) "$(DESTDIR)$(prefix)/bin"
	install -m 644 $(AGENTS) "$(DESTDIR)$(prefix)/lib/ptf"
	install -m 644 $(O)/lib/libptf.a "$(DESTDIR)$(prefix)/lib"
	install -m 644 $(wildcard include/ptf/*.h) "$(DESTDIR)$(prefix)/include/ptf"
	install -d "$(DESTDIR)$(prefix)/lib/ptf/python/ptf"
	install -m 644 tools/python/ptf/__init__.py "$(DESTDIR)$(prefix)/lib/ptf/python/ptf"
	install -m 644 schemas/ptf.proto schemas/FORMAT.md "$(DESTDIR)$(prefix)/share/ptf"
	install -d "$(DESTDIR)$(prefix)/$(COMPLETIONS)"
	for tool in $(notdir $(PROGRAMS)); do install -m 644 tools/completion/ptf.bash "$(DESTDIR)$(prefix)/$(COMPLETIONS)/$$tool" || exit 1; done

uninstall: ## what install put there
	cd "$(DESTDIR)$(prefix)" && rm -rf $(addprefix bin/,$(notdir $(PROGRAMS))) $(addprefix $(COMPLETIONS)/,$(notdir $(PROGRAMS))) lib/ptf lib/libptf.a include/ptf share/ptf

clean: ## remove the build folders
	rm -rf $(O) $(O)-asan $(O)-fuzz $(O)-aarch64 $(O)-aarch64-sysroot

-include $(shell find $(O) -name '*.d' 2>/dev/null)
