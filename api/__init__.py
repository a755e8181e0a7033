"""The face over HTTP: the verification service and its pages stand here. Knows requests and answers; judges nothing itself."""
