namespace Rallypoint
{
    /// <summary>Which paddle is whose.</summary>
    public enum PlayerSide
    {
        /// <summary>Does not apply.</summary>
        None = 0,

        /// <summary>The left paddle.</summary>
        Left = 1,

        /// <summary>The right paddle.</summary>
        Right = 2,
    }
}
