package io.redoubt.sentinel.core;

import java.util.List;

/**
 * A request to a node. The runtime returns it together with the answer, so that the state machine
 * needs no table of pending requests.
 *
 * @param purpose the use of the answer
 * @param instance the {@link Instance#id()} on whose behalf it is sent, since links may be shared
 * @param commands the commands, each as its words; several form a MULTI/EXEC transaction, whose
 *     answer is that of EXEC
 */
public record NodeRequest(Purpose purpose, int instance, List<List<String>> commands) {
  /** The purpose of a request. */
  public enum Purpose {
    /** AUTH and CLIENT SETNAME on a new connection. */
    GREETING,
    /** SUBSCRIBE to the hello channel, on the events side of a link. */
    SUBSCRIPTION,
    /** PING. */
    PING,
    /** A PING that offers a lease. */
    LEASE,
    /** INFO. */
    INFO,
    /** PUBLISH of a hello message. */
    HELLO,
    /** SENTINEL IS-MASTER-DOWN-BY-ADDR without a candidate. */
    OPINION,
    /** SENTINEL IS-MASTER-DOWN-BY-ADDR with a candidate; our own vote must be durable first. */
    VOTE,
    /** CLIENT PAUSE and UNPAUSE of a master during a handover. */
    PAUSE,
    /** CONFIG GET of the settings that {@link Doctor} examines. */
    CONFIGURATION,
    /** REPLICATION FENCE: a member promises not to acknowledge an earlier master. */
    FENCE,
    /** The transaction that makes a node a master or replica. */
    ROLE
  }

  static NodeRequest of(Purpose purpose, int instance, List<String> command) {
    return new NodeRequest(purpose, instance, List.of(command));
  }

  /** The dependence of a request on the durable state. */
  public enum Rest {
    /** Independent: it contains nothing that a crash could invalidate. */
    NOTHING,
    /**
     * Waits for a pending write but is sent even if that fails: it contains epochs, or must not
     * overtake an order.
     */
    STATE_IF_POSSIBLE,
    /** Never sent before the state is durable: it casts or requests a vote, or acts on one. */
    STATE
  }

  /** The time after which an order that waited for the disk may be obsolete. */
  private static final long STALE_ORDER_MILLIS = 1000;

  /**
   * Returns true if the request waited too long to be sent; a promotion that is still needed will
   * be ordered again.
   */
  public boolean isStale(long waitedMillis) {
    if (waitedMillis <= STALE_ORDER_MILLIS) {
      return false;
    }
    return purpose == Purpose.FENCE
        || (purpose == Purpose.ROLE && commands.get(1).getLast().equals("ONE"));
  }

  /** Returns the dependence of this request on the durable state. */
  public Rest rest() {
    return switch (purpose) {
      case VOTE, ROLE, FENCE -> Rest.STATE;
      case HELLO, PAUSE -> Rest.STATE_IF_POSSIBLE;
      case GREETING, SUBSCRIPTION, PING, LEASE, INFO, OPINION, CONFIGURATION -> Rest.NOTHING;
    };
  }
}
