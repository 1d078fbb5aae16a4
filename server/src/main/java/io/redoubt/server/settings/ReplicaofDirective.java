package io.redoubt.server.settings;

import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.config.directive.ManyWordsDirective;
import io.redoubt.protocol.config.directive.RefusedValue;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The master of a replica. */
public final class ReplicaofDirective
    extends ManyWordsDirective<Optional<HostPort>, ReplicaofDirective> {
  private static final String NO_ONE = "no one";
  private boolean written = true;

  ReplicaofDirective() {
    super("replicaof", Optional.empty());
  }

  /** Returns the master, or null if this server is a master. */
  public @Nullable HostPort value() {
    return current().orElse(null);
  }

  /** Records the master set by REPLICAOF; null for REPLICAOF NO ONE. */
  public void set(@Nullable HostPort master) {
    set(Optional.ofNullable(master));
  }

  /** Leaves the master out of the file: a node of a cluster has it elsewhere. */
  public void omitFromFile() {
    written = false;
  }

  @Override
  protected Optional<HostPort> parseWords(List<String> words, Optional<HostPort> before)
      throws RefusedValue {
    if (words.size() != 2) {
      throw new RefusedValue("wrong number of arguments");
    }
    if (NO_ONE.equalsIgnoreCase(String.join(" ", words))) {
      return Optional.empty();
    }
    long port = Numbers.parseLong(words.get(1), -1);
    if (port < 0 || port > 65535) {
      throw new RefusedValue("Invalid master port");
    }
    return Optional.of(new HostPort(words.getFirst(), (int) port));
  }

  @Override
  public String text(Optional<HostPort> of) {
    return of.map(master -> master.host() + " " + master.port()).orElse("");
  }

  @Override
  public List<String> lines(Optional<HostPort> of) {
    if (!written) {
      return List.of();
    }
    return List.of(of.isEmpty() ? NO_ONE : text(of));
  }

  @Override
  public boolean isOmitted(Optional<HostPort> of) {
    return !written || of.isEmpty();
  }
}
