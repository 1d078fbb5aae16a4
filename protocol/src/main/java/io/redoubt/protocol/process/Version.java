package io.redoubt.protocol.process;

import org.jspecify.annotations.Nullable;

/**
 * The implemented Redis version, as reported to clients, and the version and commit of this
 * program. The build writes the latter into the manifest of the jar, which the class loader has
 * already read: {@code 1.0.0+COMMIT}, followed by {@code .dirty} if files were changed after the
 * commit.
 */
public final class Version {
  /** The value of {@code redis_version} in INFO. */
  public static final String REDIS = "7.2.6";

  private static final String NO_COMMIT = "0".repeat(40);
  private static final String DIRTY = ".dirty";
  private static final int SHORT_COMMIT = 8;

  /** The build of this process' classes; classes outside of a jar have no version. */
  private static final Version THIS = parse(Version.class.getPackage().getImplementationVersion());

  private final String number;
  private final String commit;
  private final boolean dirty;

  private Version(String number, String commit, boolean dirty) {
    this.number = number;
    this.commit = commit;
    this.dirty = dirty;
  }

  /** Parses the entry of a manifest; null if there is none. */
  static Version parse(@Nullable String entry) {
    if (entry == null) {
      return new Version("development", NO_COMMIT, false);
    }
    int plus = entry.indexOf('+');
    String number = plus < 0 ? entry : entry.substring(0, plus);
    String build = plus < 0 ? "" : entry.substring(plus + 1);
    boolean dirty = build.endsWith(DIRTY);
    String commit = dirty ? build.substring(0, build.length() - DIRTY.length()) : build;
    boolean known = commit.matches("[0-9a-f]{40}");
    return new Version(number, known ? commit : NO_COMMIT, dirty);
  }

  /** Returns the version of this process' classes. */
  public static Version ofThisProcess() {
    return THIS;
  }

  /** Returns the version of Redoubt, such as 1.0.0. */
  public String number() {
    return number;
  }

  /** Returns the first 8 digits of the commit, zeros if it is unknown. */
  public String commit() {
    return commit.substring(0, SHORT_COMMIT);
  }

  /** Returns 1 if files were changed after the commit, else 0. */
  public int dirty() {
    return dirty ? 1 : 0;
  }

  /** Returns the version of Java that runs this process. */
  public static String java() {
    return Runtime.version().toString();
  }

  /** Returns all versions in one line for people. */
  public String describe() {
    return "Redoubt "
        + number
        + ", commit "
        + commit()
        + (dirty ? " (modified)" : "")
        + ", compatible with Redis "
        + REDIS
        + ", Java "
        + java();
  }

  /** Returns the lines that a tool prints for {@code --version}; the first is Redis'. */
  public static String lines(String program) {
    return program + " " + REDIS + "\n" + THIS.describe() + "\n";
  }
}
