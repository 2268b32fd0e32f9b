// A program that does nothing, to be linked with the library and without. With an argument it stops, to be looked at.
#include <signal.h>

int main(int count, char **arguments) {
    (void)arguments;
    return count > 1 ? raise(SIGSTOP) : 0;
}
