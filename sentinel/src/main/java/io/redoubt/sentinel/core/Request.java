package io.redoubt.sentinel.core;

import java.util.List;

/**
 * What a sentinel asks a node. The runtime sends the commands and returns the same request together
 * with the answer, so that the state machine needs no table of open requests.
 *
 * @param purpose what the answer is good for
 * @param instance the {@link Instance#id()} on whose behalf it is asked; links may be shared
 * @param commands the commands, each as its words; more than one means a MULTI/EXEC transaction,
 *     whose answer is that of EXEC
 */
public record Request(Purpose purpose, int instance, List<List<String>> commands) {
  /** Why something is asked. */
  public enum Purpose {
    /** AUTH and CLIENT SETNAME after the connection stands. */
    GREETING,
    /** SUBSCRIBE to the hello channel, on the events side of a link. */
    SUBSCRIPTION,
    /** PING. */
    PING,
    /** INFO. */
    INFO,
    /** PUBLISH of a hello message. */
    HELLO,
    /** SENTINEL IS-MASTER-DOWN-BY-ADDR without a candidate. */
    OPINION,
    /** SENTINEL IS-MASTER-DOWN-BY-ADDR with a candidate: our own vote must be on disk before it. */
    VOTE,
    /** CLIENT PAUSE and UNPAUSE of a master that hands over. */
    PAUSE,
    /** CONFIG GET of what {@link Doctor} looks at. */
    CONFIGURATION,
    /** The transaction that makes a node master or replica. */
    ROLE
  }

  /** A request of one command. */
  static Request of(Purpose purpose, int instance, List<String> command) {
    return new Request(purpose, instance, List.of(command));
  }

  /** What of the state has to be on disk before a request leaves. */
  public enum Rest {
    /** It tells nothing that a crash could make untrue. */
    NOTHING,
    /**
     * It tells epochs, or must not overtake an order: it waits for a write that is on, but leaves
     * also when that fails.
     */
    STATE_IF_POSSIBLE,
    /** It gives or asks for a vote, or acts on one: never before the state is on disk. */
    STATE
  }

  /** An order that had to wait longer for the disk may have been overtaken by events. */
  private static final long STALE_ORDER_MILLIS = 1000;

  /** Whether it must not leave so late; a promotion that is still wanted is ordered again. */
  public boolean isStale(long waitedMillis) {
    return purpose == Purpose.ROLE
        && waitedMillis > STALE_ORDER_MILLIS
        && commands.get(1).getLast().equals("ONE");
  }

  /** What this request rests on. */
  public Rest rest() {
    return switch (purpose) {
      case VOTE, ROLE -> Rest.STATE;
      case HELLO, PAUSE -> Rest.STATE_IF_POSSIBLE;
      case GREETING, SUBSCRIPTION, PING, INFO, OPINION, CONFIGURATION -> Rest.NOTHING;
    };
  }
}
