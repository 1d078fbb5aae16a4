package example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.redoubt.spring.RedoubtConnection;
import org.junit.jupiter.api.RepeatedTest;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.data.redis.test.autoconfigure.DataRedisTest;
import org.springframework.data.redis.core.StringRedisTemplate;

/** The Spring Data Redis slice of an application, with a server for the test. */
@DataRedisTest
@RedoubtConnection
class SpringBootTest {
  @SpringBootApplication
  static class Application {}

  @Autowired private StringRedisTemplate redis;

  @RepeatedTest(2)
  void eachTestFindsItEmpty() {
    assertEquals(1, redis.opsForValue().increment("visits"));
  }
}
