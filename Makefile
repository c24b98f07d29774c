# SPDX-License-Identifier: Apache-2.0
# Thin words over meson. On a fresh Debian 12 machine `make run` and `make check` need nothing before.

.PHONY: all run check check-system bench fuzz deb image install clean
.DELETE_ON_ERROR:

all: build/release/build.ninja
	ninja -C build/release

# Ctrl-C stops the server in order: make waits for it.
run: build/release/build.ninja
	ninja -C build/release programs
	build/release/client/coffer up $(ARGS)

check:
	tools/install-deps build tests bench fuzz
	tools/check $(ARGS)

# In a Debian 12 of its own, installed as a package. Needs root.
check-system:
	tools/install-deps build tests deb image system
	tools/check-system $(ARGS)

bench:
	tools/install-deps build bench
	$(MAKE) all
	bench/run $(ARGS)

# With clang, in build/fuzz. ARGS=--help says how long and which.
fuzz:
	tools/install-deps build fuzz
	tools/fuzz $(ARGS)

# Debian packages, in build/deb.
deb:
	tools/install-deps deb
	tools/make-deb

# The container image, in build/image, made without a registry. Needs root.
image:
	tools/install-deps image
	tools/make-image

install: all
	meson install -C build/release --no-rebuild

clean:
	rm -rf build

build/release/build.ninja:
	tools/install-deps build
	meson setup build/release --buildtype=release
