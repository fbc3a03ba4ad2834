// SPDX-License-Identifier: BSD-2-Clause
// The headers in C++, and the linkage they promise.
#include <cstddef>
#include <cstring>

#include <vmtp/engine.h>

static void zeros(void *, void *out, std::size_t size) { std::memset(out, 0, size); }

int main() {
    vmtp_config config;
    vmtp_config_init(&config);
    config.random = zeros;
    config.mac[0] = 2;
    return vmtp_engine_footprint(&config) == 0 || vmtp_error_text(VMTP_E_FULL) == nullptr;
}
