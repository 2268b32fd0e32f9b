/*
 * A task ends while a thread that acts for it blocks, or turns to another task: Task.end (Task.swift),
 * Registry.interruptThreads and setTask (Registry.swift), Thread.adopt (Thread.swift), Waiter.interrupt and sleepOnWord
 * (WaitQueue.swift). See README.md.
 */

#ifndef MUTANT
#define MUTANT 0
#endif

#define TASKS 2
#define NOBODY 7
#define WAITING 1
#define SLEEPING 2

bool isActive[TASKS] = true; /* under the task's lock: one step */
byte registry = NOBODY;      /* who holds the registry's lock */
byte actsFor = 0;            /* the thread's links; that lock guards it */

byte word = WAITING;
bool isInterrupted = false;
bool asleep = false;         /* in FUTEX_WAIT */

#define lock() atomic { registry == NOBODY -> registry = _pid }
#define unlock() atomic { assert(registry == _pid); registry = NOBODY }

/* Waiter.interrupt */
inline interrupt() {
  isInterrupted = true;
  if :: atomic { word == SLEEPING -> word = WAITING } :: atomic { word != SLEEPING } fi;
  asleep = false
}

/* Task.end: each task ends at some time, or never. */
active [TASKS] proctype Ending() {
  if :: true :: goto end fi;
#if MUTANT != 3 /* the threads are woken first */
  isActive[_pid] = false;
#endif
  lock();
  if
  :: actsFor == _pid ->
#if MUTANT == 4 /* they are woken without the registry's lock */
     unlock();
     interrupt()
#else
     interrupt();
     unlock()
#endif
  :: else -> unlock()
  fi;
#if MUTANT == 3
  isActive[_pid] = false;
#endif
end:
  skip
}

/* Thread.adopt */
inline adopt(task) {
#if MUTANT == 2 /* the interrupt is cleared first */
  isInterrupted = false;
  lock(); actsFor = task; unlock();
#else
  lock(); actsFor = task; unlock();
  isInterrupted = false;
#endif
#if MUTANT != 1 /* it does not look whether the task has ended */
  if :: !isActive[task] -> interrupt() :: else fi
#endif
}

/* It turns to other tasks, blocks, and is woken by nothing but an interrupt. */
active proctype Thread() {
  byte changes = 3;
  do
  :: changes > 0 ->
     changes--;
     if :: adopt(0) :: adopt(1) fi
  :: true ->
     do
     :: atomic { if :: word == WAITING -> word = SLEEPING :: else fi };
        if
        :: isInterrupted -> break
        :: else
        fi;
        atomic { if :: word == SLEEPING -> asleep = true :: else fi };
endAsleep:
        (!asleep)
     od;
     word = WAITING;
     assert(!isActive[actsFor]); /* it was not for another task's end */
     if :: changes == 0 -> break :: else fi
  od
}

/* When nothing can happen any more. */
active proctype Settled() {
  timeout;
  assert(!asleep || isActive[actsFor])
}
