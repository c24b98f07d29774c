/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Is this worker able to serve, and how is it confined: for load balancers and operators. 200, or 503
 * where authd or stored does not answer, both of whom are asked.
 */

struct exchange;

/*
 * Answers where it is known how they are; else the exchange is CHECKING, and this is to be called again
 * when something is.
 */
void health_answer(struct exchange *e);
