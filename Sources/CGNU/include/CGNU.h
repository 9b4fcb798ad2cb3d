#ifndef SWIFT_SLS_CGNU_H
#define SWIFT_SLS_CGNU_H

// Calls that Swift's Glibc module lacks, because it was built without _GNU_SOURCE. No logic.

/// pipe2(2): both ends close-on-exec when `flags` holds O_CLOEXEC. 0, or -1 with errno set.
int cgnu_pipe2(int ends[2], int flags);

#endif
