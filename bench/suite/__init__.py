# SPDX-License-Identifier: GPL-2.0-only
"""The benchmark suite; scripts/bench is its command."""
