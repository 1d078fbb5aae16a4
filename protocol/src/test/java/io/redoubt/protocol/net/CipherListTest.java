package io.redoubt.protocol.net;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Lists of ciphers in OpenSSL's syntax. */
class CipherListTest {
  private static final String ECDSA_256 = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";
  private static final String ECDSA_128 = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
  private static final String RSA_CHACHA = "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256";
  private static final String DHE_CBC = "TLS_DHE_RSA_WITH_AES_128_CBC_SHA";
  private static final String TLS_13 = "TLS_AES_128_GCM_SHA256";

  /** Suites that the JDK has only in programs of ours. */
  private static final List<String> RSA_KEY_EXCHANGE =
      List.of(
          "TLS_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_RSA_WITH_AES_256_CBC_SHA256",
          "TLS_RSA_WITH_AES_128_CBC_SHA256",
          "TLS_RSA_WITH_AES_256_CBC_SHA",
          "TLS_RSA_WITH_AES_128_CBC_SHA");

  private static final List<String> SUITES =
      List.of(TLS_13, ECDSA_256, ECDSA_128, RSA_CHACHA, DHE_CBC);

  private static List<String> select(String list) {
    return CipherList.select(list, SUITES);
  }

  @Test
  void selectsByEitherName() {
    assertThat(select("DHE-RSA-AES128-SHA:" + ECDSA_128)).containsExactly(DHE_CBC, ECDSA_128);
    assertThat(select("ECDHE-RSA-CHACHA20-POLY1305")).containsExactly(RSA_CHACHA);
    assertThat(select("ECDHE-ECDSA-AES256-GCM-SHA384")).containsExactly(ECDSA_256);
  }

  @Test
  void leavesSuitesOfTls13ToTheirOwnDirective() {
    assertThat(select("ALL:" + TLS_13)).containsExactly(ECDSA_256, ECDSA_128, RSA_CHACHA, DHE_CBC);
  }

  @Test
  void appliesOperatorsInTheirOrder() {
    assertThat(select("ALL:!aRSA:DHE-RSA-AES128-SHA")).containsExactly(ECDSA_256, ECDSA_128);
    assertThat(select("ALL:-aRSA:DHE-RSA-AES128-SHA"))
        .containsExactly(ECDSA_256, ECDSA_128, DHE_CBC);
    assertThat(select("ALL:+AES256")).endsWith(ECDSA_256);
    assertThat(select("AES128:AES256:@STRENGTH")).startsWith(ECDSA_256);
    assertThat(select("ECDHE+AESGCM")).containsExactly(ECDSA_256, ECDSA_128);
  }

  @Test
  void skipsUnknownWords() {
    assertThat(select("RC4-MD5:@SECLEVEL=2:, ;!MEDIUM:DHE")).containsExactly(DHE_CBC);
    assertThat(select("RC4-MD5")).isEmpty();
    assertThat(select("!:-:+:@")).isEmpty();
  }

  /** Of the suites known to both the JDK and OpenSSL, both select the same. */
  @Test
  void selectsWhatOpensslSelects() throws Exception {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/openssl")), "openssl is not installed");
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, null, null);
    List<String> ours =
        Stream.concat(
                Stream.of(context.getSupportedSSLParameters().getCipherSuites()),
                RSA_KEY_EXCHANGE.stream())
            .distinct()
            .toList();
    Set<String> theirs = openssl("ALL:COMPLEMENTOFALL:@SECLEVEL=0");
    for (String list :
        List.of(
            "DEFAULT:!MEDIUM",
            "HIGH:!aNULL:!MD5",
            "ECDHE+AESGCM:ECDHE+CHACHA20:!aECDSA",
            "EECDH:EDH:!SHA1",
            "kDHE+AES128",
            "AES256:!SHA384:!SHA256",
            "TLSv1.2:-AES128",
            "TLSv1",
            "SSLv3:!aNULL",
            "SHA384",
            "kRSA:-AES256",
            "DEFAULT:-AES128-SHA256",
            "AES256-SHA256:RSA+AESGCM",
            "ECDSA:!AESGCM",
            "ECDHE-RSA-AES128-SHA256:DHE-RSA-AES256-SHA")) {
      Set<String> selected = Set.copyOf(CipherList.select(list, ours));
      assertThat(selected.stream().filter(theirs::contains))
          .as(list)
          .containsExactlyInAnyOrderElementsOf(
              openssl(list + ":@SECLEVEL=0").stream()
                  .filter(name -> name.contains("_WITH_") && ours.contains(name))
                  .toList());
    }
  }

  private static Set<String> openssl(String list) throws Exception {
    Process openssl =
        new ProcessBuilder("/usr/bin/openssl", "ciphers", "-stdname", list)
            .redirectErrorStream(true)
            .start();
    String printed = new String(openssl.getInputStream().readAllBytes(), US_ASCII);
    assertThat(openssl.waitFor()).as(printed).isZero();
    return Stream.of(printed.split("\n", -1))
        .map(line -> line.split(" ", 2)[0])
        .collect(Collectors.toSet());
  }
}
