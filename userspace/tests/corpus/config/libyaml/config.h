/* SPDX-License-Identifier: GPL-2.0-only */
/* What libyaml's configure would write. */
#define YAML_VERSION_STRING "0.2.5"
#define YAML_VERSION_MAJOR 0
#define YAML_VERSION_MINOR 2
#define YAML_VERSION_PATCH 5
