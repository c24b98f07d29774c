/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/errors.h"

const struct s3_error_row s3_errors[S3_ERROR_COUNT] = {
#define ERROR(SYMBOL, code_, status_, message_)                                                    \
	[S3_ERROR_##SYMBOL] = { .code = (code_), .status = (status_), .message = (message_) },
	S3_ERRORS(ERROR)
#undef ERROR
};
