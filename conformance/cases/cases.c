/* SPDX-License-Identifier: BSD-2-Clause */
/* All tables of cases, in the order in which they run: what others stand on comes first. */
#include "../case.h"

extern const struct vc_case vc_header_cases[];
extern const struct vc_case vc_service_cases[];
extern const struct vc_case vc_manager_cases[];
extern const struct vc_case vc_packets_cases[];
extern const struct vc_case vc_server_cases[];
extern const struct vc_case vc_client_cases[];
extern const struct vc_case vc_minimal_cases[];
extern const struct vc_case vc_group_cases[];
extern const struct vc_case vc_forward_cases[];
extern const struct vc_case vc_chosen_cases[];
extern const struct vc_case vc_forwarders_cases[];
extern const struct vc_case vc_stream_cases[];
extern const struct vc_case vc_runs_cases[];
extern const struct vc_case vc_large_cases[];
extern const struct vc_case vc_runs_client_cases[];
extern const struct vc_case vc_calls_cases[];
extern const struct vc_case vc_extras_cases[];
extern const struct vc_case vc_files_cases[];
extern const struct vc_case vc_migrate_cases[];
extern const struct vc_case vc_order_cases[];
extern const struct vc_case vc_members_cases[];
extern const struct vc_case vc_start_cases[];
extern const struct vc_case vc_names_service_cases[];
extern const struct vc_case vc_names_manager_cases[];
extern const struct vc_case vc_names_operations_cases[];
extern const struct vc_case vc_names_claim_cases[];
extern const struct vc_case vc_names_nested_cases[];
extern const struct vc_case vc_names_meet_cases[];
extern const struct vc_case vc_names_watch_cases[];
extern const struct vc_case vc_names_resolver_cases[];
extern const struct vc_case vc_names_cache_cases[];
extern const struct vc_case vc_names_lookup_cases[];
extern const struct vc_case vc_names_directory_cases[];
extern const struct vc_case vc_pace_cases[];
extern const struct vc_case vc_allocate_cases[];
extern const struct vc_case vc_objects_cases[];
extern const struct vc_case vc_objects_name_cases[];
extern const struct vc_case vc_objects_data_cases[];
extern const struct vc_case vc_objects_lock_cases[];
extern const struct vc_case vc_objects_node_cases[];
extern const struct vc_case vc_objects_client_cases[];
extern const struct vc_case vc_v_send_cases[];
extern const struct vc_case vc_v_kernel_cases[];
extern const struct vc_case vc_v_holder_cases[];
extern const struct vc_case vc_v_logical_cases[];
extern const struct vc_case vc_only_cases[];

/* clang-format off */
const struct vc_case *const vc_tables[] = {
    vc_header_cases,
    vc_service_cases,
    vc_manager_cases,
    vc_packets_cases,
    vc_server_cases,
    vc_client_cases,
    vc_minimal_cases,
    vc_group_cases,
    vc_forward_cases,
    vc_chosen_cases,
    vc_forwarders_cases,
    vc_stream_cases,
    vc_runs_cases,
    vc_runs_client_cases,
    vc_large_cases,
    vc_extras_cases,
    vc_files_cases,
    vc_calls_cases,
    vc_order_cases,
    vc_members_cases,
    vc_migrate_cases,
    vc_start_cases,
    vc_names_service_cases,
    vc_names_manager_cases,
    vc_names_operations_cases,
    vc_names_claim_cases,
    vc_names_nested_cases,
    vc_names_meet_cases,
    vc_names_watch_cases,
    vc_names_resolver_cases,
    vc_names_cache_cases,
    vc_names_lookup_cases,
    vc_names_directory_cases,
    vc_pace_cases,
    vc_allocate_cases,
    vc_objects_cases,
    vc_objects_name_cases,
    vc_objects_data_cases,
    vc_objects_lock_cases,
    vc_objects_node_cases,
    vc_objects_client_cases,
    vc_v_send_cases,
    vc_v_kernel_cases,
    vc_v_holder_cases,
    vc_v_logical_cases,
    vc_only_cases,
    NULL};
/* clang-format on */
