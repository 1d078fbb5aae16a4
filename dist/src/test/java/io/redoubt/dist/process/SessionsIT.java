package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.RedisTemplate;
import org.springframework.data.redis.listener.ChannelTopic;
import org.springframework.data.redis.listener.PatternTopic;
import org.springframework.data.redis.listener.RedisMessageListenerContainer;
import org.springframework.data.redis.serializer.RedisSerializer;
import org.springframework.session.FindByIndexNameSessionRepository;
import org.springframework.session.Session;
import org.springframework.session.data.redis.RedisIndexedSessionRepository;
import org.springframework.session.data.redis.config.ConfigureNotifyKeyspaceEventsAction;
import org.springframework.session.events.AbstractSessionEvent;
import org.springframework.session.events.SessionCreatedEvent;
import org.springframework.session.events.SessionDeletedEvent;
import org.springframework.session.events.SessionExpiredEvent;

/**
 * Spring Session's indexed repository, wired like its configuration for web applications. It learns
 * of expired and deleted sessions from keyspace events, which it enables itself.
 */
final class SessionsIT {
  private static final Duration LONG = Duration.ofMinutes(30);
  private static final String ALICE = "alice";
  private static final String NAME = "name";

  @RegisterExtension private final Nodes nodes = new Nodes();

  private final BlockingQueue<AbstractSessionEvent> events = new LinkedBlockingQueue<>();
  private NodeProcess server;
  private LettuceConnectionFactory connections;
  private RedisMessageListenerContainer listener;
  private RedisIndexedSessionRepository sessions;

  @BeforeEach
  void start() throws Exception {
    server = nodes.server(Kind.REDOUBT);
    connections = new LettuceConnectionFactory("127.0.0.1", server.port());
    connections.afterPropertiesSet();
    connections.start();
    try (RedisConnection connection = connections.getConnection()) {
      new ConfigureNotifyKeyspaceEventsAction().configure(connection);
    }
    RedisTemplate<String, Object> template = new RedisTemplate<>();
    template.setConnectionFactory(connections);
    template.setKeySerializer(RedisSerializer.string());
    template.setHashKeySerializer(RedisSerializer.string());
    template.afterPropertiesSet();
    sessions = new RedisIndexedSessionRepository(template);
    sessions.setApplicationEventPublisher(event -> events.add((AbstractSessionEvent) event));
    sessions.setDefaultMaxInactiveInterval(LONG);
    sessions.afterPropertiesSet();
    listener = new RedisMessageListenerContainer();
    listener.setConnectionFactory(connections);
    listener.addMessageListener(
        sessions,
        List.of(
            new ChannelTopic(sessions.getSessionDeletedChannel()),
            new ChannelTopic(sessions.getSessionExpiredChannel()),
            new PatternTopic(sessions.getSessionCreatedChannelPrefix() + '*')));
    listener.afterPropertiesSet();
    listener.start();
  }

  @AfterEach
  void close() throws Exception {
    listener.destroy();
    sessions.destroy();
    connections.destroy();
  }

  /** Saves a session of a user and returns its id. */
  private String save(String user, Duration maxInactive) throws InterruptedException {
    var session = sessions.createSession();
    session.setAttribute(FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME, user);
    session.setAttribute(NAME, "value of " + user);
    session.setMaxInactiveInterval(maxInactive);
    sessions.save(session);
    assertThat(event()).isInstanceOf(SessionCreatedEvent.class);
    return session.getId();
  }

  private AbstractSessionEvent event() throws InterruptedException {
    return events.poll(Distribution.LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  private Set<String> of(String user) {
    return sessions.findByPrincipalName(user).keySet();
  }

  private void assertEnded(AbstractSessionEvent event, String id) {
    assertThat(event.getSessionId()).isEqualTo(id);
    Session ended = event.getSession();
    assertThat(ended.<String>getAttribute(NAME)).isEqualTo("value of " + ALICE);
  }

  @Test
  void enablesKeyspaceEventsItself() throws Exception {
    Set<Integer> flags = new HashSet<>();
    String value = server.ask("CONFIG", "GET", "notify-keyspace-events").elements().get(1).text();
    value.chars().forEach(flags::add);
    assertThat(flags).containsExactlyInAnyOrder((int) 'E', (int) 'g', (int) 'x');
  }

  @Test
  void savesAndFindsSessionsByIdAndUser() throws Exception {
    String first = save(ALICE, LONG);
    String second = save(ALICE, LONG);
    String other = save("bob", LONG);
    assertThat(of(ALICE)).containsExactlyInAnyOrder(first, second);
    assertThat(of("bob")).containsExactly(other);
    assertThat(of("nobody")).isEmpty();

    var session = sessions.findById(first);
    assertThat(session.<String>getAttribute(NAME)).isEqualTo("value of " + ALICE);
    session.setAttribute(NAME, Map.of("a", 1));
    session.setLastAccessedTime(session.getLastAccessedTime().plusSeconds(1));
    String renamed = session.changeSessionId();
    sessions.save(session);
    assertThat(sessions.findById(first)).isNull();
    assertThat(sessions.findById(renamed).<Map<String, Integer>>getAttribute(NAME))
        .containsEntry("a", 1);
    assertThat(of(ALICE)).containsExactlyInAnyOrder(renamed, second);
  }

  @Test
  void tellsOfADeletedSession() throws Exception {
    String id = save(ALICE, LONG);
    String left = save(ALICE, LONG);
    sessions.deleteById(id);
    AbstractSessionEvent event = event();
    assertThat(event).isInstanceOf(SessionDeletedEvent.class);
    assertEnded(event, id);
    assertThat(sessions.findById(id)).isNull();
    assertThat(of(ALICE)).containsExactly(left);
  }

  @Test
  void tellsOfAnExpiredSession() throws Exception {
    String left = save(ALICE, LONG);
    String id = save(ALICE, Duration.ofSeconds(1));
    AbstractSessionEvent event = event();
    assertThat(event).isInstanceOf(SessionExpiredEvent.class);
    assertEnded(event, id);
    assertThat(sessions.findById(id)).isNull();
    await().atMost(Distribution.LIMIT).until(() -> of(ALICE).equals(Set.of(left)));
    assertThat(events).isEmpty();
  }
}
