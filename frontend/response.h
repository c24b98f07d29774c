/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Hands an exchange's reply to libmicrohttpd: bytes in memory, one file, or a window of files. */

#include <microhttpd.h>

struct exchange;

/* In the last callback of a REPLYING exchange, which is SENDING then. */
enum MHD_Result response_queue(struct exchange *e);
