/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a server far away answers, as authd's admin socket would have said it. Whoever answers may be
 * anybody: what has another form is no answer, and what it says is made fit for a terminal.
 *
 * Each returns an enum admin_outcome: with ADMIN_OK the answer is in its outputs, with ADMIN_REFUSED
 * *ret has the refusal and *why its words. All of them are the caller's.
 */

#include <jansson.h>

#include "client/admin.h"
#include "client/remote/http.h"

/* An object with an object in that member. */
must_check int answer_object(const struct http_answer *a, const char *member, json_t **ret,
			     struct complaint *why);

/* A policy, which is all of the answer; that there is none is an answer too. */
must_check int answer_policy(const struct http_answer *a, json_t **ret, struct complaint *why);

/* A page of a list, which is appended to `list`. *ret_cursor is a string, or NULL behind the last page. */
must_check int answer_page(const struct http_answer *a, const char *member, json_t *list,
			   json_t **ret_cursor, json_t **ret_refusal, struct complaint *why);
