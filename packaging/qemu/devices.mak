# SPDX-License-Identifier: GPL-2.0-only
# What the packaged emulator has beside the machine that scripts/vm boots: enough for
# a distribution that somebody installed, with a network and a screen.
include lambda.mak
CONFIG_VIRTIO_BLK=y
CONFIG_VIRTIO_RNG=y
CONFIG_E1000E_PCI_EXPRESS=y
CONFIG_VGA_PCI=y
