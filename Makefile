# On a machine with Node, npm and make, every target sets up what it needs; Bun is fetched into .toolchain.

PORT ?= 8888
ORIGIN ?= http://127.0.0.1:8000

BUN_VERSION := $(shell node -p "require('./package.json').devDependencies.bun")
VERSION := $(shell node -p "require('./package.json').version")
BUN := .toolchain/node_modules/.bin/bun
BUN_READY := .toolchain/bun-$(BUN_VERSION)
PACKAGES_READY := node_modules/.frozen
SOURCES := $(shell find src -type f)
TARGETS := linux-x64 linux-arm64 linux-x64-musl darwin-x64 darwin-arm64 windows-x64

# The binary must not be changed by files of the folder it happens to run in. Bytecode halves the time of a start; it
# is the same for every kind of machine.
COMPILE := $(BUN) build src/main.ts --compile --bytecode --format=esm --no-compile-autoload-dotenv --no-compile-autoload-bunfig

# Nor by variables of Bun's own. A binary for macOS is sealed by its build, and may not be changed any more.
DEAFEN := $(BUN) .ci/deafen.ts

.DELETE_ON_ERROR:
.PHONY: help run demo test soak apps conformance bench profile reference screenshots build release install clean

help:
	@echo "make run         build and start on port $(PORT) before $(ORIGIN) (PORT= and ORIGIN= change that)"
	@echo "make demo        see a MISS and a HIT before a small site"
	@echo "make test        type check, format check, lint and all tests"
	@echo "make soak        random requests until something is wrong (ROUNDS=10 EFFORT=3; SEED=4711 repeats a round)"
	@echo "make conformance the public HTTP cache test suite alone, with its figures"
	@echo "make apps        WordPress, MediaWiki, Next.js, Vite and a browser behind the proxy (ONLY=vite); needs Debian"
	@echo "make bench       what a request costs, beside nginx and others (QUICK=1 ONLY=zipf SERVERS=nginx); needs Linux"
	@echo "make profile     a CPU profile of a hit (ONLY=miss SECONDS=5 INTERVAL=200) in dist/profile"
	@echo "make reference   the README's table of options and of the file's keys, written anew"
	@echo "make screenshots pictures of the page in dist/screenshots, two of them in docs (SECONDS=90 ONLY=causes); needs Debian"
	@echo "make build       ./cacheproxy for this machine"
	@echo "make release     binaries for six kinds of machine in dist/"
	@echo "make clean       remove what was built and installed; the cache stays"

run: cacheproxy
	./cacheproxy --port $(PORT) --origin $(ORIGIN)

demo: cacheproxy
	@$(BUN) test/e2e/demo.ts

test: cacheproxy
	@$(BUN) .ci/test.ts

soak: cacheproxy
	@$(BUN) test/stress/soak.ts

# WordPress and MediaWiki of Debian, which root may install, and Next.js of npm.
apps: cacheproxy
	@$(BUN) test/apps/main.ts

conformance: cacheproxy
	@$(BUN) test/conformance/run.ts

bench: cacheproxy
	@$(BUN) test/bench/main.ts

# The table of the README, from what the program knows of its options and of the keys of its file.
reference: $(PACKAGES_READY)
	@$(BUN) test/cli/reference.ts

# By Debian's Chromium, while visitors are in a shop.
screenshots: cacheproxy
	@$(BUN) test/screenshots/main.ts

profile: $(PACKAGES_READY)
	@$(BUN) test/bench/profile.ts

build: cacheproxy

install: $(PACKAGES_READY)

cacheproxy: $(PACKAGES_READY) package.json $(SOURCES) .ci/deafen.ts
	$(COMPILE) --outfile $@
	[ "$$(uname)" = Darwin ] || $(DEAFEN) $@

release: $(PACKAGES_READY)
	rm -rf dist && mkdir dist
	for target in $(TARGETS); do \
		$(COMPILE) --target=bun-$$target --outfile dist/cacheproxy-$(VERSION)-$$target || exit 1; \
		case $$target in darwin-*) ;; *) $(DEAFEN) dist/cacheproxy-$(VERSION)-$$target* || exit 1 ;; esac; \
	done
	cd dist && if command -v sha256sum >/dev/null; then sha256sum cacheproxy-*; else shasum -a 256 cacheproxy-*; fi > SHA256SUMS
	cat dist/SHA256SUMS

$(PACKAGES_READY): $(BUN_READY) package.json bun.lock
	$(BUN) install --frozen-lockfile
	touch $@

# The package's install script picks the build for this processor; it must run even where npm is told to run none.
$(BUN_READY):
	rm -rf .toolchain
	npm install --prefix .toolchain --no-save --no-package-lock --no-audit --no-fund --ignore-scripts=false --loglevel=error bun@$(BUN_VERSION)
	$(BUN) --version
	touch $@

clean:
	rm -rf .toolchain node_modules dist cacheproxy *.bun-build
