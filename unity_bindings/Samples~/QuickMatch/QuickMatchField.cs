using System;
using Rallypoint;
using UnityEngine;

/// <summary>Draws a game in the simplest of ways, and steers with the keys.</summary>
internal sealed class QuickMatchField
{
    private const float PaddleWidth = 0.015f;
    private const float PaddleHeight = 0.18f;
    private const float BallSize = 0.025f;

    /// <summary>The ball is moved on until the next state comes, but no further than this.</summary>
    private const double LongestStep = 0.1;

    private PaddleDirection _held;

    internal void Draw(RallypointGame game)
    {
        Steer(game);
        GameState state = game.State;
        var field = new Rect(0.1f * Screen.width, 0.35f * Screen.height, 0.8f * Screen.width, 0.6f * Screen.height);
        Fill(field, 0.5f, 0.5f, 0.004f, 1f);
        Fill(field, 0f, state.LeftPaddle, PaddleWidth, PaddleHeight);
        Fill(field, 1f, state.RightPaddle, PaddleWidth, PaddleHeight);
        double ahead = state.Stage == GameStage.Active ? Math.Min(state.Age.TotalSeconds, LongestStep) : 0;
        float x = Inside(state.Ball.X + state.Ball.VelocityX * ahead);
        float y = Inside(state.Ball.Y + state.Ball.VelocityY * ahead);
        Fill(field, x, y, BallSize * field.height / field.width, BallSize);
        Score(field, state.On(PlayerSide.Left), 0.25f);
        Score(field, state.On(PlayerSide.Right), 0.75f);
    }

    private static void Score(Rect field, GamePlayer player, float x)
    {
        if (player != null)
        {
            var place = new Rect(field.x + (x - 0.1f) * field.width, field.y - 24f, 0.2f * field.width, 24f);
            GUI.Label(place, player.Username + "  " + player.Score);
        }
    }

    private static void Fill(Rect field, float x, float y, float width, float height)
    {
        var place = new Rect(
            field.x + (x - width / 2f) * field.width,
            field.y + (y - height / 2f) * field.height,
            width * field.width,
            height * field.height);
        GUI.DrawTexture(place, Texture2D.whiteTexture);
    }

    private static float Inside(double place)
    {
        return (float)Math.Max(0, Math.Min(1, place));
    }

    private void Steer(RallypointGame game)
    {
        Event now = Event.current;
        if (now.type != EventType.KeyDown && now.type != EventType.KeyUp)
        {
            return;
        }
        PaddleDirection direction = Direction(now.keyCode);
        if (direction == PaddleDirection.Stop)
        {
            return;
        }
        if (now.type == EventType.KeyDown)
        {
            Hold(game, direction);
        }
        else if (_held == direction)
        {
            Hold(game, PaddleDirection.Stop);
        }
    }

    private void Hold(RallypointGame game, PaddleDirection direction)
    {
        // A key that is held down is told again and again.
        if (_held != direction)
        {
            _held = direction;
            game.Move(direction);
        }
    }

    private static PaddleDirection Direction(KeyCode key)
    {
        switch (key)
        {
            case KeyCode.W:
            case KeyCode.UpArrow:
                return PaddleDirection.Up;
            case KeyCode.S:
            case KeyCode.DownArrow:
                return PaddleDirection.Down;
            default:
                return PaddleDirection.Stop;
        }
    }
}
