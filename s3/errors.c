/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/errors.h"

#include <string.h>

const struct s3_error_row s3_errors[S3_ERROR_COUNT] = {
#define ERROR(SYMBOL, code_, status_, message_)                                                    \
	[S3_ERROR_##SYMBOL] = { .code = (code_), .status = (status_), .message = (message_) },
	S3_ERRORS(ERROR)
#undef ERROR
};

enum s3_error s3_error_find(const char *code)
{
	for (enum s3_error e = S3_ERROR_NONE + 1; e < S3_ERROR_COUNT; e++)
		if (strcmp(s3_errors[e].code, code) == 0)
			return e;
	return S3_ERROR_NONE;
}
