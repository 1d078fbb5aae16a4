package io.redoubt.protocol.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The users that may read metrics or watch the page, with the hashes of their passwords; immutable.
 *
 * @param anonymous the rights of a request without a user, which are the default user's if it needs
 *     no password
 * @param accounts the users by name
 */
public record Access(Right anonymous, Map<String, Account> accounts) {
  private static final String SCHEME = "basic ";

  /** A right of a user. Each includes the preceding ones. */
  public enum Right {
    /** Health and readiness. */
    NOTHING,
    /** Metrics. */
    METRICS,
    /** The page. */
    PAGE
  }

  /**
   * A user.
   *
   * @param right the right of the user
   * @param anyPassword true if any password is accepted
   * @param hashes the SHA-256 hashes of its passwords, in lower case hexadecimal digits
   */
  public record Account(Right right, boolean anyPassword, List<String> hashes) {
    /** Copies the hashes. */
    public Account {
      hashes = List.copyOf(hashes);
    }
  }

  /** Copies the accounts. */
  public Access {
    accounts = Map.copyOf(accounts);
  }

  /** Returns the right that the value of an Authorization header gives. */
  Right of(@Nullable String authorization) {
    if (authorization == null) {
      return anonymous;
    }
    String pair = pair(authorization);
    int colon = pair.indexOf(':');
    Account account = colon < 0 ? null : accounts.get(pair.substring(0, colon));
    return account != null && isRight(account, pair.substring(colon + 1))
        ? account.right()
        : Right.NOTHING;
  }

  /** Returns the name in an Authorization header, empty if there is none. */
  static String userOf(@Nullable String authorization) {
    String pair = authorization == null ? "" : pair(authorization);
    return pair.substring(0, Math.max(0, pair.indexOf(':')));
  }

  /** Returns the user and the password with a colon between, empty if the header is not valid. */
  private static String pair(String authorization) {
    if (!authorization.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
      return "";
    }
    try {
      byte[] decoded = Base64.getDecoder().decode(authorization.substring(SCHEME.length()).strip());
      return new String(decoded, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException notBase64) {
      return "";
    }
  }

  private static boolean isRight(Account account, String password) {
    byte[] given = hash(password).getBytes(StandardCharsets.US_ASCII);
    boolean found = account.anyPassword();
    for (String hash : account.hashes()) {
      found |= MessageDigest.isEqual(given, hash.getBytes(StandardCharsets.US_ASCII));
    }
    return found;
  }

  private static String hash(String password) {
    try {
      byte[] bytes = password.getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }
}
