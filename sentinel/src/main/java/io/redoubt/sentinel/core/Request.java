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

  /** Whether sending it before the state is on disk could break a promise after a crash. */
  public boolean needsState() {
    return purpose == Purpose.VOTE || purpose == Purpose.ROLE;
  }
}
