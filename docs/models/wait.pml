/*
 * A thread blocks, another ends its wait, and a time-out, a signal, a jump or the end of its task comes between:
 * Sources/MachKernel/WaitQueue.swift, with the receive of Receive.swift around it. See README.md.
 */

#ifndef MUTANT
#define MUTANT 0
#endif

/* WaitState.word */
#define IDLE 0
#define WAITING 1
#define SLEEPING 2
#define FINISHED 3

/* What the sleep returns. */
#define DONE 0
#define TIMEDOUT 1 /* or a signal */
#define CANCELED 2
#define LEFT 3 /* by a jump: it does not return */

#define MESSAGES 2
#define NOBODY 7

byte word = IDLE;
bool isInterrupted = false;
bool asleep = false; /* in FUTEX_WAIT */
byte spurious = 1;   /* wakes for nothing that are left */

/* The record; the place's lock guards it while it is linked. */
bool isLinked = false;
byte message = 0;     /* the message that was handed over, from 1; it is all of the outcome */
byte finishers = 0;   /* who has unlinked it, and has not exchanged the word yet */

byte holder = NOBODY; /* the place's lock */
bool queued[MESSAGES + 1];   /* in the place's queue */
bool received[MESSAGES + 1];
bool unsent[MESSAGES + 1];
byte senders = MESSAGES;     /* that are not done */

/* What may happen: messages that never come, since the thread is interrupted; or an interrupt that is meant for another
   task; or none. */
bool maySkip, mayClear;

#define lock() atomic { holder == NOBODY -> holder = _pid }
#define unlock() atomic { assert(holder == _pid); holder = NOBODY }

/* ---- Those that end a wait ---- */

/* FUTEX_WAKE of one. */
#define wake() asleep = false

/* Waiter.finish: after the exchange the record is the thread's. */
inline finish() {
  assert(finishers == 1); /* writes cpu */
#if MUTANT == 1 /* load and store, not exchange */
  seen = word;
  atomic { word = FINISHED; finishers-- };
#else
  atomic { seen = word; word = FINISHED; finishers-- };
#endif
  if
  :: seen == SLEEPING -> wake()
  :: else
  fi
}

active [MESSAGES] proctype Sender() {
  byte seen;
  if :: maySkip -> unsent[_pid + 1] = true; goto end :: true fi;
  lock();
  if
  :: isLinked ->
     atomic {
       assert(word != IDLE && word != FINISHED);
       isLinked = false; finishers++;
#if MUTANT != 6
       message = _pid + 1
#endif
     };
     unlock();
     finish();
#if MUTANT == 6 /* the outcome comes after */
     message = _pid + 1
#endif
  :: else ->
     queued[_pid + 1] = true;
     unlock()
  fi;
end:
  senders--
}

/* Waiter.interrupt, at any time. */
active proctype Interrupter() {
  if
  :: maySkip = true
  :: mayClear = true
  :: goto end
  fi;
#if MUTANT == 3 /* whoever has looked is not made to look again */
  isInterrupted = true;
#elif MUTANT == 4 /* in the other order, as weaker memory would have it */
  if :: atomic { word == SLEEPING -> word = WAITING } :: atomic { word != SLEEPING } fi;
  isInterrupted = true;
#else
  isInterrupted = true;
  if :: atomic { word == SLEEPING -> word = WAITING } :: atomic { word != SLEEPING } fi;
#endif
  wake();
end:
  skip
}

/* ---- The thread that waits ---- */

/* sleepOnWord, after a spin that sees the end or does not. Only with a deadline does the wait end by itself; a thread
   that jumps does so at any step. */
inline sleep() {
  do
  :: word == FINISHED -> error = DONE; break /* spin */
  :: mayJump -> error = LEFT; break
  :: true ->
#if MUTANT == 5 /* it looks whether it is interrupted first */
     if
     :: isInterrupted && !isWithdrawing -> error = CANCELED; break
     :: else
     fi;
#endif
     atomic { seen = word; if :: word == WAITING -> word = SLEEPING :: else fi };
     if
     :: seen == FINISHED -> error = DONE; break
     :: else
     fi;
#if MUTANT != 5
     if
#if MUTANT == 8 /* whoever withdraws is interrupted too */
     :: isInterrupted -> error = CANCELED; break
#else
     :: isInterrupted && !isWithdrawing -> error = CANCELED; break
#endif
     :: else
     fi;
#endif
     atomic { if :: word == SLEEPING -> asleep = true :: else fi };
     if
     :: !asleep
     :: atomic { asleep && spurious > 0 -> spurious--; asleep = false }
     :: atomic { mayJump -> asleep = false }; error = LEFT; break
     :: atomic { hasDeadline -> asleep = false };
        if
        :: word == FINISHED -> error = DONE
        :: else -> error = TIMEDOUT
        fi;
        break
     fi;
     if
     :: word == FINISHED -> error = DONE; break
     :: else
     fi
  od
}

/* release, and the message that is left. */
inline take() {
  atomic {
    assert(finishers == 0 && !isLinked);
    if
    :: message != 0 -> assert(!received[message] && !queued[message])
    :: else
    fi;
    taken = message; message = 0; word = IDLE
  }
}

active proctype Thread() {
  byte seen, error, taken, calls = 2;
  bool hasDeadline, mayJump, isWithdrawing, hasLeft;
  do
  :: calls > 0 ->
     calls--;
     if
     :: hasDeadline = true
     :: mayJump = true
     :: true
     fi;
     if :: mayClear -> isInterrupted = false :: else fi; /* it begins to act for another task */
     lock();
     if
     :: queued[1] -> atomic { queued[1] = false; received[1] = true; unlock() }
     :: queued[2] -> atomic { queued[2] = false; received[2] = true; unlock() }
     :: else ->
#if MUTANT == 7 /* begin() comes too late */
        atomic { isLinked = true; assert(word == IDLE) };
        unlock();
        word = WAITING;
#else
        atomic { assert(word == IDLE && finishers == 0 && message == 0); word = WAITING }; /* begin */
        isLinked = true;
        unlock();
#endif
again:
        sleep();
        if
        :: error == DONE || isWithdrawing -> error = DONE
        :: else ->
           /* withdraw, at once or in the next call: abandon */
           hasLeft = (error == LEFT);
           if
           :: word == FINISHED -> error = DONE
           :: else ->
              lock();
              atomic { seen = isLinked; isLinked = false };
              unlock();
#if MUTANT == 2 /* it does not wait for who has unlinked it */
              if :: !seen -> error = DONE :: else fi
#else
              if
              :: !seen -> isWithdrawing = true; hasDeadline = false; mayJump = false; goto again
              :: else
              fi
#endif
           fi
        fi;
        take();
        if
        :: error != DONE -> assert(taken == 0)
        :: error == DONE && !hasLeft -> atomic { assert(taken != 0); received[taken] = true }
        :: error == DONE && hasLeft -> /* it goes back to the queue */
           atomic { assert(taken != 0); lock() };
           queued[taken] = true;
           unlock()
        fi
     fi;
     atomic {
       seen = 0; error = 0; taken = 0;
       hasDeadline = false; mayJump = false; isWithdrawing = false; hasLeft = false
     }
  :: calls == 0 -> break
  od;
  /* No message is lost, and none came twice. */
  atomic {
    (senders == 0);
    assert(received[1] + queued[1] + unsent[1] == 1 && received[2] + queued[2] + unsent[2] == 1 && word == IDLE)
  }
}
