#ifndef SWIFT_SLS_CGNU_H
#define SWIFT_SLS_CGNU_H

#include <spawn.h>

// Calls that Swift's Glibc module lacks, because it was built without _GNU_SOURCE. No logic.

/// pipe2(2): both ends close-on-exec when `flags` holds O_CLOEXEC. 0, or -1 with errno set.
int cgnu_pipe2(int ends[2], int flags);

/// pthread_setname_np(3) on the calling thread: at most 15 bytes and a zero. 0, or an error number.
int cgnu_name_this_thread(const char *name);

/// posix_spawn_file_actions_addchdir_np(3). 0, or an error number.
int cgnu_spawn_change_folder(posix_spawn_file_actions_t *actions, const char *path);

/// mkostemp(3): makes and opens a new file, mode 0600; the template's six last X are written over. -1 with errno set.
int cgnu_mkostemp(char *path_template, int flags);

#endif
