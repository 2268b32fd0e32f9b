# libmach: `make demo` and `make check` are the two commands to know; `make help` lists the rest.

VERSION = 1.0.0
PREFIX = /usr/local
LIBDIR = $(PREFIX)/lib
INCLUDEDIR = $(PREFIX)/include
MANDIR = $(PREFIX)/share/man
DESTDIR =
FLAVOUR = ship

INSTALL = install
STRIP = strip
SWIFT = swift
# For example SWIFTFLAGS=-v, or SWIFTFLAGS='-j 1' on a small machine.
SWIFTFLAGS =

CHECKS = CTests/checks
SOURCES := Package.swift Makefile $(shell find Sources include -name '*[dD]arwin' -prune -o -print)
DARWIN_SOURCES := Makefile $(shell find Sources/MachDarwin include)

library = .build/$(1)/lib/libmach.so.$(VERSION)
archive = .build/$(1)/lib/libmach-darwin.a

all: ship

help:
	@echo 'make                 build the library: .build/ship/lib/libmach.so'
	@echo 'make checked         build the checked flavours: .build/asan, .build/tsan'
	@echo 'make demo            build, install into .build/demo, compile and run the example'
	@echo 'make check           the whole gate'
	@echo 'make soak            races with RACE_SEEDS=$(RACE_SEEDS) seeds each, hard use with SOAK_SECONDS=$(SOAK_SECONDS) for each program'
	@echo 'make verify          the models of docs/models, searched by spin; MODELS names some'
	@echo 'make fuzz            the fuzzers, FUZZ_SECONDS=$(FUZZ_SECONDS) each, or those that FUZZERS names'
	@echo 'make bench           the benchmarks, beside what a program would use instead; BENCHFLAGS chooses'
	@echo 'make plots           the plots in docs, of the last run of make bench'
	@echo 'make instructions    how many instructions each operation takes, and the baseline; MODE=update writes that'
	@echo 'make abi             the binary interface against its record; MODE=update writes that'
	@echo 'make deb             Debian packages: .build/deb/*.deb'
	@echo 'make deps            install the Debian packages that check, demo and bench need'
	@echo 'make install         PREFIX=$(PREFIX) LIBDIR=$(LIBDIR) DESTDIR=$(DESTDIR)'
	@echo 'make uninstall       the same variables'
	@echo 'make format          lay out the Swift and C sources as make check wants them'
	@echo 'make clean           remove .build'

# Every flavour is Embedded Swift and libc alone; it lives in its own scratch path, .build/FLAVOUR. The linker is lld, for
# gold leaves class symbols visible; with a section for each function it drops what nothing calls. --undefined-version lets
# a library link whose map is ahead of its code: `make check` compares the two.
# The shipped library must find every symbol at link time (-z defs); in the others the sanitizer's come with the program.
FLAGS = -c release --product mach --disable-local-rpath $(SWIFTFLAGS) \
	-Xswiftc -enable-experimental-feature -Xswiftc Embedded -Xswiftc -wmo -Xswiftc -use-ld=lld \
	-Xswiftc -Xfrontend -Xswiftc -function-sections \
	-Xlinker -z -Xlinker now -Xlinker -z -Xlinker nodelete -Xlinker -soname=libmach.so.1 \
	-Xlinker --undefined-version -Xlinker '--version-script=$(CURDIR)/Sources/Mach/$(MAP)'
CHECKED = -Xswiftc -D -Xswiftc CHECKED -Xcc -DCHECKED=1

MAP = libmach-checked.map
$(call library,ship): MAP = libmach.map
$(call library,ship): FLAGS_OF_FLAVOUR = -Xlinker -z -Xlinker defs
$(call library,asan): FLAGS_OF_FLAVOUR = $(CHECKED) --sanitize=address
$(call library,tsan): FLAGS_OF_FLAVOUR = $(CHECKED) --sanitize=thread
$(call library,fuzz): FLAGS_OF_FLAVOUR = $(CHECKED) --sanitize=address -Xswiftc -g \
	-Xswiftc -sanitize-coverage=edge,inline-8bit-counters,pc-table,trace-cmp

# SwiftPM does not see that the map changed: without the old library it links again. Nor does the compiler write an object
# again when only code generation flags changed: a new Makefile starts afresh.
$(foreach flavour,ship asan tsan fuzz,$(call library,$(flavour))): .build/%/lib/libmach.so.$(VERSION): $(SOURCES)
	@if [ Makefile -nt $@ ]; then rm -rf .build/$*; else rm -f .build/$*/release/libmach.so; fi
	$(SWIFT) build --scratch-path .build/$* $(FLAGS) $(FLAGS_OF_FLAVOUR)
	@mkdir -p .build/$*/lib
	cp .build/$*/release/libmach.so $@
	ln -sf libmach.so.$(VERSION) .build/$*/lib/libmach.so.1
	ln -sf libmach.so.1 .build/$*/lib/libmach.so

# What ported programs expect beside Mach is linked into them. For a sanitizer it has to be compiled as the program is.
SWIFT_CLANG = "$$($(SWIFT) -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')"/../../bin/clang
DARWIN_FLAGS = -std=gnu11 -g -fPIC -Wall -Wextra -Werror -Iinclude/libmach-darwin -Iinclude
$(call archive,ship): DARWIN_CC = $(CC) -O2
$(call archive,asan): DARWIN_CC = $(SWIFT_CLANG) -O1 -fno-omit-frame-pointer -fsanitize=address
$(call archive,tsan): DARWIN_CC = $(SWIFT_CLANG) -O1 -fno-omit-frame-pointer -fsanitize=thread
$(foreach flavour,ship asan tsan,$(call archive,$(flavour))): .build/%/lib/libmach-darwin.a: $(DARWIN_SOURCES)
	@rm -rf .build/$*/darwin && mkdir -p .build/$*/darwin $(@D)
	for source in Sources/MachDarwin/*.c; do \
		$(DARWIN_CC) $(DARWIN_FLAGS) -c -o .build/$*/darwin/"$$(basename "$$source" .c)".o "$$source" || exit 1; done
	@rm -f $@
	ar rcs $@ .build/$*/darwin/*.o

ship asan tsan: %: .build/%/lib/libmach.so.$(VERSION) .build/%/lib/libmach-darwin.a
checked: asan tsan

# Ordinary mode serves these tests alone.
test:
	$(SWIFT) test --scratch-path .build/test $(SWIFTFLAGS) $(CHECKED)

# What pkg-config and CMake are told, below LIBDIR.
DESCRIPTIONS = pkgconfig/libmach.pc pkgconfig/libmach-darwin.pc cmake/libmach/libmach-config.cmake cmake/libmach/libmach-config-version.cmake

# A path as sed takes it behind the second bar.
for-sed = $(subst |,\|,$(subst &,\&,$(subst \,\\,$(1))))

# A page can be asked for by any of its names.
each-further-name = for page in *.[1-9]; do \
	for name in $$(sed -n '/^\.Sh NAME/,/^\.Nd/s/^\.Nm \([^ ]*\).*/\1/p' "$$page"); do \
		name=$$name.$${page\#\#*.}; [ ! -e "$$name" ] || continue;

# FLAVOUR=asan installs that flavour instead. Only the shipped one is stripped.
install: $(call library,$(FLAVOUR)) $(call archive,$(FLAVOUR))
	$(INSTALL) -d '$(DESTDIR)$(LIBDIR)/pkgconfig' '$(DESTDIR)$(LIBDIR)/cmake/libmach' '$(DESTDIR)$(INCLUDEDIR)'
	$(INSTALL) -m 755 $(call library,$(FLAVOUR)) '$(DESTDIR)$(LIBDIR)/libmach.so.$(VERSION)'
	$(if $(filter ship,$(FLAVOUR)),$(STRIP) --strip-unneeded '$(DESTDIR)$(LIBDIR)/libmach.so.$(VERSION)')
	ln -sf libmach.so.$(VERSION) '$(DESTDIR)$(LIBDIR)/libmach.so.1'
	ln -sf libmach.so.1 '$(DESTDIR)$(LIBDIR)/libmach.so'
	$(INSTALL) -m 644 $(call archive,$(FLAVOUR)) '$(DESTDIR)$(LIBDIR)/libmach-darwin.a'
	$(if $(filter ship,$(FLAVOUR)),$(STRIP) --strip-debug '$(DESTDIR)$(LIBDIR)/libmach-darwin.a')
	for file in $(DESCRIPTIONS); do \
		sed -e 's|@PREFIX@|$(call for-sed,$(PREFIX))|' -e 's|@LIBDIR@|$(call for-sed,$(LIBDIR))|' \
			-e 's|@INCLUDEDIR@|$(call for-sed,$(INCLUDEDIR))|' -e 's|@VERSION@|$(VERSION)|' \
			-e "s|@INCLUDE_FROM_LIB@|$$(realpath -m --relative-to='$(LIBDIR)' '$(INCLUDEDIR)' | sed 's/[&|\\]/\\&/g')|" Sources/*/"$${file##*/}.in" > '$(DESTDIR)$(LIBDIR)'/"$$file" || exit 1; \
		chmod 644 '$(DESTDIR)$(LIBDIR)'/"$$file"; done
	cd include && find . '(' -name '*.h' -o -name '*.defs' -o -name module.modulemap ')' -exec $(INSTALL) -D -m 644 '{}' '$(DESTDIR)$(INCLUDEDIR)/{}' \;
	cd docs/man && for page in *.[1-9]; do \
		$(INSTALL) -D -m 644 "$$page" '$(DESTDIR)$(MANDIR)'/man"$${page##*.}/$$page" || exit 1; done
	cd docs/man && $(each-further-name) \
		ln -sf "$$page" '$(DESTDIR)$(MANDIR)'/man"$${page##*.}/$$name" || exit 1; done; done

uninstall:
	rm -f '$(DESTDIR)$(LIBDIR)/libmach.so' '$(DESTDIR)$(LIBDIR)/libmach.so.1' '$(DESTDIR)$(LIBDIR)/libmach.so.$(VERSION)'
	rm -f '$(DESTDIR)$(LIBDIR)/libmach-darwin.a'
	for file in $(DESCRIPTIONS); do rm -f '$(DESTDIR)$(LIBDIR)'/"$$file"; done
	cd '$(DESTDIR)$(LIBDIR)' 2>/dev/null && rmdir pkgconfig cmake/libmach cmake 2>/dev/null || true
	cd include && find . '(' -name '*.h' -o -name '*.defs' -o -name module.modulemap ')' -exec rm -f '$(DESTDIR)$(INCLUDEDIR)/{}' \;
	cd include && find . -depth -mindepth 1 -type d -exec rmdir '$(DESTDIR)$(INCLUDEDIR)/{}' \; 2>/dev/null || true
	cd docs/man && for page in *.[1-9]; do rm -f '$(DESTDIR)$(MANDIR)'/man"$${page##*.}/$$page"; done
	cd docs/man && $(each-further-name) rm -f '$(DESTDIR)$(MANDIR)'/man"$${page##*.}/$$name"; done; done
	cd '$(DESTDIR)$(MANDIR)' 2>/dev/null && rmdir man[1-9] 2>/dev/null || true

clean:
	rm -rf .build

install-into = @$(MAKE) -s install DESTDIR= PREFIX='$(1)' LIBDIR='$(1)/lib' INCLUDEDIR='$(1)/include' MANDIR='$(1)/share/man'

# The example, compiled as a user would: against an installed library, with what pkg-config says.
DEMO = $(CURDIR)/.build/demo

demo:
	@$(CHECKS)/deps.sh demo
	@$(MAKE) -s run-demo

run-demo:
	$(call install-into,$(DEMO))
	export PKG_CONFIG_PATH='$(DEMO)/lib/pkgconfig' && \
		cc -o $(DEMO)/nameserver CTests/examples/nameserver.c $$(pkg-config --cflags --libs libmach)
	LD_LIBRARY_PATH='$(DEMO)/lib' $(DEMO)/nameserver

# The whole gate. Its stages are in the script.
check:
	@$(CHECKS)/deps.sh check
	@MAKE='$(MAKE)' $(CHECKS)/gate.sh

# The models of what threads do to each other without a common lock, or in an order of locks: docs/models.
MODELS =

verify:
	@$(CHECKS)/deps.sh verify
	@$(CHECKS)/verify.sh $(MODELS)

# The fuzzers, against a library of their own that tells them where they have been.
FUZZ_SECONDS = 120
FUZZERS =

fuzz: $(call library,fuzz)
	@$(CHECKS)/fuzz.sh run $(FUZZ_SECONDS) $(FUZZERS)

# What is kept of their inputs, and two seconds of new ones each.
check-fuzz: $(call library,fuzz)
	@$(CHECKS)/fuzz.sh check 2 $(FUZZERS)

BENCH = $(CURDIR)/.build/bench
# For example BENCHFLAGS='--rounds=3 --benchmark_filter=^port/'
BENCHFLAGS =

# The table, and in .build/bench benchmarks.json and the plots. Ends with an error when something falls short.
bench:
	@$(CHECKS)/deps.sh bench
	@$(MAKE) -s benchmarks
	@result=0; $(BENCH)/benchmarks --output=$(BENCH) $(BENCHFLAGS) || result=$$?; \
		$(CHECKS)/bench-plots.sh $(BENCH) $(BENCH); exit $$result

plots:
	@$(CHECKS)/bench-plots.sh $(BENCH) docs

# The rows are all of Benchmarks/*.cpp. Beside them lies a program that does nothing, with the library and without.
benchmarks:
	$(call install-into,$(BENCH))
	@$(MAKE) -s $(BENCH)/benchmarks $(BENCH)/empty $(BENCH)/linked

BENCH_HEADERS = $(wildcard Benchmarks/*.hpp Benchmarks/*/*.hpp) $(shell find include -name '*.h')
BENCH_LINK = -L$(BENCH)/lib -Wl,-rpath,$(BENCH)/lib -Wl,--no-as-needed -lmach

$(BENCH)/objects/%.o: Benchmarks/%.cpp $(BENCH_HEADERS) Makefile
	@mkdir -p $(@D)
	g++ -std=c++17 -O2 -Wall -Wextra -Werror -pthread -I$(BENCH)/include -c -o $@ $<

$(BENCH)/benchmarks: $(patsubst Benchmarks/%.cpp,$(BENCH)/objects/%.o,$(wildcard Benchmarks/*.cpp))
	g++ -pthread -o $@ $^ $(BENCH_LINK) -lbenchmark -lzmq -lnng

$(BENCH)/empty: Benchmarks/startup/empty.c Makefile
	gcc -O2 -Wall -Wextra -Werror -o $@ $<

$(BENCH)/linked: Benchmarks/startup/empty.c Makefile
	gcc -O2 -Wall -Wextra -Werror -o $@ $< $(BENCH_LINK)

# Instructions in the library, under callgrind.
MODE = check

instructions:
	@$(CHECKS)/deps.sh bench
	$(call install-into,$(BENCH))
	@$(CHECKS)/instructions.sh $(MODE) $(BENCH)

# The record of the binary interface.
abi:
	@$(CHECKS)/deps.sh check
	$(call install-into,$(BENCH))
	@$(CHECKS)/abi.sh $(MODE) $(BENCH)/include Sources/Mach/libmach.map

# Debian packages of the shipped library, in .build/deb.
DEB = $(CURDIR)/.build/deb

deb: $(call library,ship)
	@$(CHECKS)/deps.sh deb
	@docs/packaging/build.sh '$(DEB)'

# All that any target needs, from Debian's packages.
deps:
	@$(CHECKS)/deps.sh check

format:
	swift format format --in-place --parallel --recursive Package.swift Sources Tests
	find include Sources CTests Benchmarks -name '*.[ch]' -o -name '*.cpp' -o -name '*.hpp' | xargs clang-format -i

SOAK = $(CURDIR)/.build/soak
SOAK_SECONDS = 10

# Seeds for each race: so many under AddressSanitizer, and a tenth under ThreadSanitizer.
RACE_SEEDS = 10000

# Races whose turns a seed chooses, then hard use, plain and under ThreadSanitizer. What fails says how to repeat it:
# RACE_SEED=n in the environment is the first seed of each race, SOAK_SEED=n repeats a program's choices.
soak:
	@$(CHECKS)/deps.sh check
	@for flavour in ship asan tsan; do \
		$(MAKE) -s install FLAVOUR=$$flavour DESTDIR= PREFIX='$(SOAK)'/$$flavour LIBDIR='$(SOAK)'/$$flavour/lib \
			INCLUDEDIR='$(SOAK)'/$$flavour/include MANDIR='$(SOAK)'/$$flavour/share/man || exit 1; done
	@failed=0; $(CHECKS)/races.sh asan '$(SOAK)/asan' $(RACE_SEEDS) || failed=1; \
		$(CHECKS)/races.sh tsan '$(SOAK)/tsan' $$(($(RACE_SEEDS) / 10)) || failed=1; \
		$(CHECKS)/soak.sh plain '$(SOAK)/ship' $(SOAK_SECONDS) || failed=1; \
		$(CHECKS)/soak.sh tsan '$(SOAK)/tsan' $(SOAK_SECONDS) || failed=1; exit $$failed

.PHONY: all help ship asan tsan checked fuzz check-fuzz soak test install uninstall clean demo run-demo check verify bench \
	benchmarks plots instructions abi deb deps format
.DELETE_ON_ERROR:
