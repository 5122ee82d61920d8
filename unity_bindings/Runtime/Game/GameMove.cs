namespace Rallypoint
{
    /// <summary>What a player began to do with the paddle, as the server took it.</summary>
    public sealed class GameMove
    {
        internal GameMove(long userId, PaddleDirection direction, float? target)
        {
            UserId = userId;
            Direction = direction;
            Target = target;
        }

        /// <summary>The player.</summary>
        public long UserId { get; }

        /// <summary>Where it is steered to; <see cref="PaddleDirection.Stop"/> where there is a target.</summary>
        public PaddleDirection Direction { get; }

        /// <summary>Where its centre shall be, from 0 at the top to 1; null where it is steered by direction.</summary>
        public float? Target { get; }
    }
}
