# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Bare Debian 12 systems, for the tests that need some; sourced.

skip() { echo "skipped: $1"; exit 77; }
# The key that a bare system has for Debian's package sources.
key=/usr/share/keyrings/debian-archive-keyring.gpg

# makeBase FOLDER: a bare system in FOLDER/base, from the mirror that this machine uses. Sets mirror and base.
makeBase() {
  [ "$(id -u)" = 0 ] || skip "bare systems need root"
  command -v debootstrap >/dev/null || skip "bare systems need debootstrap"
  mirror=$(apt-get indextargets --no-release-info --format '$(REPO_URI)' 'Created-By: Packages' |
    grep -E '/debian/?$' | head -n 1)
  mirror=${mirror%/}
  [ -n "$mirror" ] || skip "this machine has no package source that ends in /debian"
  base=$1/base
  [ ! -d "$base" ] || return 0
  mkdir -p "$1"
  rm -rf "$base.part"
  debootstrap --variant=minbase bookworm "$base.part" "$mirror" >"$1/debootstrap.log" || exit 1
  mv "$base.part" "$base"
}

# stanza URI SUITES: a package source in the deb822 format.
stanza() { printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n\n' "$1" "$2" "$key"; }

# sourcesOfImage SYSTEM: the package sources that Debian's images have, the security suite among them.
sourcesOfImage() {
  { stanza "$mirror" "bookworm bookworm-updates"; stanza "$mirror-security" bookworm-security; } \
    >"$1/etc/apt/sources.list.d/debian.sources"
}

# openSystem SYSTEM: a copy of the bare system, to be entered with chroot; the script's end closes it too.
opened=""
openSystem() {
  closeSystem "$1"
  opened=$1
  cp -a "$base" "$1" && cp /etc/resolv.conf "$1/etc/" && mount -t proc proc "$1/proc" &&
    mount --bind /dev "$1/dev" || exit 1
}

# closeSystem SYSTEM: removes it, but never what of this machine is mounted in it.
closeSystem() {
  local place
  opened=""
  for place in "$1/dev" "$1/proc"; do
    ! mountpoint -q "$place" || umount "$place" || exit 1
  done
  rm -rf --one-file-system "$1" || exit 1
}
trap '[ -z "$opened" ] || closeSystem "$opened"' EXIT
# What runs in a system comes to its end first.
trap 'exit 143' HUP TERM
