/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which actions a policy may name: those of the operations and configurations of operations.h, and those
 * that S3 documents and Coffer has no operation for: a policy written for S3 may name them.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 */

#include "s3/policy/match.h"

#define POLICY_ACTION_VENDOR "s3:"

/*
 * True if the pattern, which is of a name without `s3:`, stands for at least one action in any case. False
 * where the matcher is exhausted before one is found. Its context is not looked at.
 */
bool policy_action_exists(struct policy_matcher *m, const struct policy_pattern *p);
