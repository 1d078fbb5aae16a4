package io.redoubt.protocol.net;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Selects cipher suites by a list in OpenSSL's syntax, for {@code tls-ciphers}: names and
 * properties of suites up to TLS 1.2, joined by {@code :}, each with an optional operator. As with
 * OpenSSL, words that match no available suite are skipped. {@code @SECLEVEL} has no effect, since
 * the JDK already excludes weak suites. Source of the syntax: ciphers(1ssl).
 */
final class CipherList {
  private static final String BETWEEN = "_WITH_";

  private final List<Suite> available;
  private final List<Suite> selected = new ArrayList<>();
  private final Set<Suite> banned = new HashSet<>();

  /** A suite of the JDK with all words that select it. */
  private record Suite(String name, boolean isStrongest, Set<String> words) {
    static Suite of(String name) {
      Set<String> words = new HashSet<>(List.of(name, "ALL", "HIGH"));
      int split = name.indexOf(BETWEEN);
      String exchange = name.substring("TLS_".length(), split);
      String cipher = name.substring(split + BETWEEN.length());
      addExchange(words, exchange);
      boolean chacha = cipher.startsWith("CHACHA20");
      boolean gcm = cipher.contains("_GCM_");
      String bits = cipher.contains("128") ? "128" : "256";
      String digest = cipher.substring(cipher.lastIndexOf('_') + 1);
      String opensslCipher;
      if (chacha) {
        words.addAll(List.of("CHACHA20", "TLSv1.2"));
        opensslCipher = "CHACHA20-POLY1305";
      } else if (gcm) {
        words.addAll(List.of("AES", "AESGCM", "AES" + bits, "TLSv1.2", "FIPS"));
        opensslCipher = "AES" + bits + "-GCM-" + digest;
      } else {
        words.addAll(List.of("AES", "AES" + bits, "CBC", digest, "FIPS"));
        if (digest.equals("SHA")) {
          words.add("SHA1");
          words.add(exchange.startsWith("EC") ? "TLSv1" : "SSLv3");
        } else {
          words.add("TLSv1.2");
        }
        opensslCipher = "AES" + bits + "-" + digest;
      }
      String prefix = exchange.equals("RSA") ? "" : exchange.replace('_', '-') + "-";
      words.add(prefix + opensslCipher);
      return new Suite(name, bits.equals("256"), words);
    }

    private static void addExchange(Set<String> words, String exchange) {
      if (exchange.startsWith("ECDHE_")) {
        words.addAll(List.of("ECDHE", "EECDH", "kECDHE", "kEECDH"));
      } else if (exchange.startsWith("DHE_")) {
        words.addAll(List.of("DHE", "EDH", "kDHE", "kEDH", "DH"));
      } else if (exchange.equals("RSA")) {
        words.addAll(List.of("RSA", "kRSA"));
      }
      if (exchange.endsWith("ECDSA")) {
        words.addAll(List.of("ECDSA", "aECDSA"));
      } else if (exchange.endsWith("RSA")) {
        words.add("aRSA");
      } else if (exchange.endsWith("DSS")) {
        words.addAll(List.of("DSS", "aDSS"));
        return;
      }
      words.add("DEFAULT");
    }

    boolean matches(String conjunction) {
      return words.containsAll(Arrays.asList(conjunction.split("\\+", -1)));
    }
  }

  private CipherList(List<String> suites) {
    available = suites.stream().filter(name -> name.contains(BETWEEN)).map(Suite::of).toList();
  }

  /**
   * Returns the suites that a list selects, in its order of preference; none if the list selects
   * none.
   *
   * @param list such as {@code ECDHE+AESGCM:!aNULL}
   * @param suites the suites to choose from, by their IANA names, the best first
   */
  static List<String> select(String list, List<String> suites) {
    CipherList ciphers = new CipherList(suites);
    for (String word : list.split("[:, ;]+", -1)) {
      if (!word.isEmpty()) {
        ciphers.apply(word);
      }
    }
    return ciphers.selected.stream().map(Suite::name).toList();
  }

  private void apply(String word) {
    char operator = word.charAt(0);
    String named = "!-+@".indexOf(operator) < 0 ? word : word.substring(1);
    Set<Suite> matching = new LinkedHashSet<>();
    for (Suite suite : available) {
      if (suite.matches(named)) {
        matching.add(suite);
      }
    }
    switch (operator) {
      case '@' -> {
        if (named.equals("STRENGTH")) {
          selected.sort(Comparator.comparing(suite -> !suite.isStrongest()));
        }
      }
      case '!' -> {
        banned.addAll(matching);
        selected.removeAll(matching);
      }
      case '-' -> selected.removeAll(matching);
      case '+' -> {
        List<Suite> last = selected.stream().filter(matching::contains).toList();
        selected.removeAll(matching);
        selected.addAll(last);
      }
      default -> {
        for (Suite suite : matching) {
          if (!banned.contains(suite) && !selected.contains(suite)) {
            selected.add(suite);
          }
        }
      }
    }
  }
}
