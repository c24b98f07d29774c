/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What describes the server's other APIs: GET /openapi.json the REST dialect, frontend/openapi.json,
 * and GET /-/admin/v1/openapi.json the administration of a tenant, frontend/administration.json.
 */

struct exchange;

/* 200 with it, or 304 where the client has it already. */
void openapi_answer_rest(struct exchange *e);
void openapi_answer_admin(struct exchange *e);
