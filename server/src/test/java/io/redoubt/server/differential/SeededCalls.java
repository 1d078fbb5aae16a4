package io.redoubt.server.differential;

import static io.redoubt.server.differential.Conversation.bytes;

import java.util.List;

/**
 * Scripts that make calls which follow from a seed, and return the results of all or of the last.
 */
final class SeededCalls {
  private SeededCalls() {}

  /**
   * Makes many calls at once; after a difference one by one, to find that which makes it.
   *
   * @param script takes the seed, the number of calls, and "all" or "last"
   */
  static void say(Conversation conversation, String script, int seed, int calls) {
    try {
      conversation.say(0, words(script, seed, calls, "all"));
    } catch (AssertionError different) {
      for (int call = 1; call <= calls; call++) {
        conversation.say(0, words(script, seed, call, "last"));
      }
      throw different;
    }
  }

  private static List<byte[]> words(String script, int seed, int calls, String results) {
    return List.of(
        bytes("EVAL"),
        bytes(script),
        bytes("0"),
        bytes("" + seed),
        bytes("" + calls),
        bytes(results));
  }
}
