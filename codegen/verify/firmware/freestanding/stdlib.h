/** @file stdlib.h @brief What the start-up code needs of the C library, for compilers without one. */
#ifndef STDLIB_H
#define STDLIB_H

__attribute__((noreturn)) void exit(int status);

#endif /* STDLIB_H */
