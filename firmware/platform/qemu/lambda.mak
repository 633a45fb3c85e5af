# SPDX-License-Identifier: GPL-2.0-or-later
# The machine that scripts/vm boots, with a network between two of them, and no more.
CONFIG_Q35=y
CONFIG_PCIE_PORT=y
CONFIG_NVME_PCI=y
CONFIG_LAMBDA_NVME=y
CONFIG_VIRTIO_PCI=y
CONFIG_VIRTIO_NET=y
