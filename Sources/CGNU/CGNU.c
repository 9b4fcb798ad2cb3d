#define _GNU_SOURCE
#include "CGNU.h"

#include <unistd.h>

int cgnu_pipe2(int ends[2], int flags) { return pipe2(ends, flags); }
