#define _GNU_SOURCE
#include "CGNU.h"

#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdlib.h>
#include <unistd.h>

int cgnu_pipe2(int ends[2], int flags) { return pipe2(ends, flags); }

int cgnu_name_this_thread(const char *name) { return pthread_setname_np(pthread_self(), name); }

int cgnu_spawn_change_folder(posix_spawn_file_actions_t *actions, const char *path) {
    return posix_spawn_file_actions_addchdir_np(actions, path);
}

int cgnu_mkostemp(char *path_template, int flags) { return mkostemp(path_template, flags); }
