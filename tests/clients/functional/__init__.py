# SPDX-License-Identifier: Apache-2.0
"""The S3 API, feature by feature, as boto3 and plain HTTP see it."""
