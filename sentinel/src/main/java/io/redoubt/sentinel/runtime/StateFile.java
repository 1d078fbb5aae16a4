package io.redoubt.sentinel.runtime;

import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.bytes.Utf8;
import io.redoubt.sentinel.core.SentinelState;
import java.io.IOException;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The state in the sentinel's config file. Only changed lines are edited; all others stay as the
 * operator wrote them.
 */
public final class StateFile implements StateStore {
  private static final Pattern PLAIN = Pattern.compile("[\\w.:/*@%+=,!?<>~^&$-]+");

  private final SentinelDirectives directives;
  private SentinelState state;

  private StateFile(SentinelDirectives directives, SentinelState state) {
    this.directives = directives;
    this.state = state;
  }

  /**
   * Returns the store in the file of the directives. CONFIG REWRITE writes its state from now on.
   */
  public static StateFile open(SentinelDirectives directives, SentinelState state) {
    StateFile file = new StateFile(directives, state);
    directives.sentinel.rewrittenAs(file::lines);
    return file;
  }

  private List<List<String>> lines() {
    return directives.words().lines(state).stream()
        .map(words -> words.stream().map(StateFile::quoted).toList())
        .toList();
  }

  private static String quoted(String word) {
    return PLAIN.matcher(word).matches() ? word : Quoting.quote(Utf8.encode(word));
  }

  @Override
  public Write prepare(SentinelState newState) throws IOException {
    state = newState;
    return directives.prepareRewrite()::write;
  }
}
